export function Logo({ large = false }: { large?: boolean }) {
  return (
    <svg class="logo" width={large ? 44 : 24} height={large ? 44 : 24} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <g fill="#fff">
        {[9, 16, 23].map((x) => <circle key={x} cx={x} cy="10" r="2.4" />)}
        {[9, 16, 23].map((x) => <rect key={x} x={x - 2.4} y="16" width="4.8" height="9" rx="2.4" />)}
      </g>
    </svg>
  );
}
