/**
 * QR codes for short texts (ISO/IEC 18004): bytes only, error correction level M, versions 1 to 12. Drawn as squares by `Qr.tsx`;
 * a picture is never fetched, since what it shows is a secret.
 */
/** Of each version: error correction bytes of a block, blocks. */
const BLOCKS = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
  [30, 5],
  [22, 8],
] as const;

type Grid = { readonly size: number; readonly dark: boolean[][]; readonly isFixed: boolean[][] };

/** Rows of squares, true for dark; undefined when the text is too long. */
export function qrCode(text: string): readonly (readonly boolean[])[] | undefined {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= BLOCKS.length; version++) {
    const data = dataBytes(bytes, version);
    if (data !== undefined) return draw(version, interleave(data, version));
  }
  return undefined;
}

const blocksOf = (version: number): readonly [number, number] => BLOCKS[version - 1] ?? [0, 0];

/** Squares that carry data, after the patterns and the two fields about format and version are taken off. */
function modulesOf(version: number): number {
  const aligned = Math.floor(version / 7) + 2;
  let count = (16 * version + 128) * version + 64;
  if (version >= 2) count -= (25 * aligned - 10) * aligned - 55;
  return version >= 7 ? count - 36 : count;
}

function dataBytes(bytes: Uint8Array, version: number): number[] | undefined {
  const [ecc, blocks] = blocksOf(version);
  const capacity = Math.floor(modulesOf(version) / 8) - ecc * blocks;
  const bits: number[] = [];
  const put = (value: number, length: number): void => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const b of bytes) put(b, 8);
  if (bits.length > capacity * 8) return undefined;
  put(0, Math.min(4, capacity * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const out: number[] = [];
  for (let i = 0; i < bits.length; i += 8)
    out.push(bits.slice(i, i + 8).reduce((byte, bit) => byte * 2 + bit, 0));
  for (let pad = 0xec; out.length < capacity; pad ^= 0xec ^ 0x11) out.push(pad);
  return out;
}

function multiply(x: number, y: number): number {
  let z = 0;
  for (let i = 7; i >= 0; i--) z = ((z << 1) ^ ((z >>> 7) * 0x11d) ^ (((y >>> i) & 1) * x)) & 0xff;
  return z;
}

function divisor(degree: number): number[] {
  const out: number[] = Array.from({ length: degree }, (_, i) => (i === degree - 1 ? 1 : 0));
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) out[j] = multiply(out[j] ?? 0, root) ^ (out[j + 1] ?? 0);
    root = multiply(root, 2);
  }
  return out;
}

function remainder(data: readonly number[], by: readonly number[]): number[] {
  const out = by.map(() => 0);
  for (const b of data) {
    const factor = b ^ (out.shift() ?? 0);
    out.push(0);
    by.forEach((coefficient, i) => (out[i] = (out[i] ?? 0) ^ multiply(coefficient, factor)));
  }
  return out;
}

/** Long blocks hold one data byte more than short ones; the bytes of all blocks alternate. */
function interleave(data: readonly number[], version: number): number[] {
  const [ecc, blocks] = blocksOf(version);
  const total = Math.floor(modulesOf(version) / 8);
  const short = blocks - (total % blocks);
  const shortLength = Math.floor(total / blocks) - ecc;
  const by = divisor(ecc);
  const parts: { data: readonly number[]; ecc: readonly number[] }[] = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const part = data.slice(at, at + shortLength + (i < short ? 0 : 1));
    at += part.length;
    parts.push({ data: part, ecc: remainder(part, by) });
  }
  const out: number[] = [];
  for (let i = 0; i <= shortLength; i++)
    for (const p of parts) if (i < p.data.length) out.push(p.data[i] ?? 0);
  for (let i = 0; i < ecc; i++) for (const p of parts) out.push(p.ecc[i] ?? 0);
  return out;
}

function draw(version: number, bytes: readonly number[]): boolean[][] {
  const grid = patterns(version);
  let best: { readonly dark: boolean[][]; readonly cost: number } | undefined;
  for (let mask = 0; mask < 8; mask++) {
    const dark = fill(grid, bytes, mask);
    format(dark, grid.size, mask);
    const cost = penalty(dark);
    if (best === undefined || cost < best.cost) best = { dark, cost };
  }
  return best?.dark ?? [];
}

function patterns(version: number): Grid {
  const size = version * 4 + 17;
  const dark = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const isFixed = dark.map((row) => [...row]);
  const set = (x: number, y: number, is: boolean): void => {
    const row = dark[y];
    const fixed = isFixed[y];
    if (row === undefined || fixed === undefined || x < 0 || x >= size) return;
    row[x] = is;
    fixed[x] = true;
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    for (let dy = -4; dy <= 4; dy++)
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4);
      }
  const places = alignment(version, size);
  const last = places.length - 1;
  places.forEach((x, i) =>
    places.forEach((y, j) => {
      if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }),
  );
  // Room for the format, and the version itself from 7 on.
  for (let i = 0; i < 9; i++) {
    if (i !== 6) {
      set(8, i, false);
      set(i, 8, false);
    }
    if (i < 8) {
      set(size - 1 - i, 8, false);
      set(8, size - 1 - i, i === 7);
    }
  }
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const is = ((bits >>> i) & 1) === 1;
      set(size - 11 + (i % 3), Math.floor(i / 3), is);
      set(Math.floor(i / 3), size - 11 + (i % 3), is);
    }
  }
  return { size, dark, isFixed };
}

function alignment(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, i) => size - 7 - step * (count - 2 - i))];
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Two columns at a time from the right, up and down in turn, past what is fixed. */
function fill({ size, dark, isFixed }: Grid, bytes: readonly number[], mask: number): boolean[][] {
  const out = dark.map((row) => [...row]);
  let i = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let v = 0; v < size; v++)
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - v : v;
        if (isFixed[y]?.[x] !== false) continue;
        const bit = (((bytes[i >>> 3] ?? 0) >>> (7 - (i & 7))) & 1) === 1;
        i++;
        const row = out[y];
        if (row !== undefined) row[x] = bit !== (MASKS[mask]?.(x, y) ?? false);
      }
  }
  return out;
}

/** The mask and the level (M is 0) behind a code of their own, twice. */
function format(dark: boolean[][], size: number, mask: number): void {
  let rest = mask;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const put = (x: number, y: number, i: number): void => {
    const row = dark[y];
    if (row !== undefined) row[x] = ((bits >>> i) & 1) === 1;
  };
  for (let i = 0; i <= 5; i++) put(8, i, i);
  put(8, 7, 6);
  put(8, 8, 7);
  put(7, 8, 8);
  for (let i = 9; i < 15; i++) put(14 - i, 8, i);
  for (let i = 0; i < 8; i++) put(size - 1 - i, 8, i);
  for (let i = 8; i < 15; i++) put(8, size - 15 + i, i);
}

/** How hard it is to read: long runs, squares of one colour, what looks like a corner, too much of one colour. */
function penalty(dark: readonly (readonly boolean[])[]): number {
  const size = dark.length;
  const columns = dark.map((_, x) => dark.map((row) => row[x] ?? false));
  let cost = 0;
  for (const line of [...dark, ...columns]) {
    const text = line.map((d) => (d ? '1' : '0')).join('');
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) cost += run.length - 2;
    cost += 40 * (text.match(/(?=10111010000)|(?=00001011101)/g) ?? []).length;
  }
  for (let y = 0; y + 1 < size; y++)
    for (let x = 0; x + 1 < size; x++) {
      const four = [dark[y]?.[x], dark[y]?.[x + 1], dark[y + 1]?.[x], dark[y + 1]?.[x + 1]];
      if (four.every((d) => d === four[0])) cost += 3;
    }
  const share = dark.flat().filter(Boolean).length / (size * size);
  return cost + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}
