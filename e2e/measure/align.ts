/** Longest common subsequence of two lists of words: which of the first stand in the second, in order. */

/** Indices into `spoken` that are aligned with a word of `read`. */
export function aligned(spoken: string[], read: string[]): number[] {
  const lengths = Array.from({ length: spoken.length + 1 }, () => new Uint16Array(read.length + 1));
  for (let i = spoken.length - 1; i >= 0; i -= 1) {
    for (let j = read.length - 1; j >= 0; j -= 1) set(lengths, i, j, spoken[i] === read[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1)));
  }
  const indices: number[] = [];
  for (let i = 0, j = 0; i < spoken.length && j < read.length; ) {
    if (spoken[i] === read[j]) {
      indices.push(i);
      i += 1;
      j += 1;
    } else if (at(lengths, i + 1, j) >= at(lengths, i, j + 1)) i += 1;
    else j += 1;
  }
  return indices;
}

const at = (lengths: Uint16Array[], i: number, j: number): number => lengths[i]?.[j] ?? 0;

function set(lengths: Uint16Array[], i: number, j: number, value: number): void {
  const line = lengths[i];
  if (line) line[j] = value;
}
