const PATHS = {
  search: 'M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11Zm4-1.5 4 4',
  close: 'm3.5 3.5 9 9m0-9-9 9',
  plus: 'M8 2.5v11M2.5 8h11',
  back: 'M10 2.5 4.5 8l5.5 5.5',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  lines: 'M3 4h10M3 8h10M3 12h6',
  terminal: 'm2.5 4 4 4-4 4M8.5 12.5h5',
  play: 'm4 2.5 9 5.5-9 5.5z',
  stop: 'M3.5 3.5h9v9h-9z',
  download: 'M8 2v8.5m0 0L4.5 7M8 10.5 11.5 7M2.5 13.5h11',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 1.5V5H10',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  auto: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12',
  check: 'm2.5 8.5 3.5 3.5 7.5-8',
  warn: 'M8 2 1.5 13.5h13L8 2Zm0 4.5v3.2m0 2v.05',
  help: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.6m0 2.4v.05',
  chevron: 'm4 6 4 4 4-4',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.5 6c.5-3 2.7-4.5 5.5-4.5s5 1.5 5.5 4.5',
} as const;

export type IconName = keyof typeof PATHS;

/** A 16-unit line drawing; decorative, so its button carries the label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor"
      stroke-width={name === 'more' ? 2.4 : 1.5} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
