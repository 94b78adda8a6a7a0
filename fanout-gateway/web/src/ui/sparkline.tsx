interface Sample {
  time: number;
  value: number;
}

/** The samples as an SVG path in a box of the given size; a pause of more than `gapMs` breaks the line. */
export function linePath(samples: readonly Sample[], width: number, height: number, max: number, gapMs = 120_000): string {
  const usable = samples.filter((s) => Number.isFinite(s.value));
  if (usable.length === 0) return '';
  // One sample has no slope yet: a level line.
  if (usable.length === 1) return linePath([usable[0]!, { time: usable[0]!.time + 1, value: usable[0]!.value }], width, height, max, gapMs);
  const from = usable[0]!.time;
  const span = Math.max(1, usable[usable.length - 1]!.time - from);
  let path = '';
  let last = -Infinity;
  for (const { time, value } of usable) {
    const x = ((time - from) / span) * width;
    const y = height - (Math.min(Math.max(value, 0), max) / max) * height;
    path += `${time - last > gapMs ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    last = time;
  }
  return path;
}

interface Props {
  samples: readonly Sample[];
  max: number;
  width: number;
  height: number;
  class?: string;
  label: string;
}

export function Sparkline({ samples, max, width, height, class: name = '', label }: Props) {
  const path = linePath(samples, width, height - 2, max);
  const area = path === '' || path.lastIndexOf('M') > 0 ? '' : `${path}L${width} ${height}L0 ${height}Z`;
  return (
    <svg class={`spark ${name}`} viewBox={`0 -1 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {area && <path class="spark-area" d={area} />}
      <path class="spark-line" d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
