/** Median and 95th percentile, by nearest rank: every figure printed was measured, none is interpolated. */

export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export const summary = (values: number[], unit: string): string =>
  `n ${values.length}, median ${Math.round(percentile(values, 50))} ${unit}, p95 ${Math.round(percentile(values, 95))} ${unit}, ` +
  `min ${Math.round(Math.min(...values))} ${unit}, max ${Math.round(Math.max(...values))} ${unit}`;
