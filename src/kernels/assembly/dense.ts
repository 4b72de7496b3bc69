/**
 * Matrix products over a minibatch, for layers of units: rows are examples, and weights lie in panels.
 *
 * ```
 * x     f32 (rows, depth), row by row, `xStride` bytes from one to the next
 * w     f32 (depth, width) in panels of 4 columns, each depth × 16 bytes, one behind the other:
 *
 *       panel 0                        panel 1
 *       ┌ w00 w01 w02 w03 ┐            ┌ w04 w05 w06 w07 ┐
 *       │ w10 w11 w12 w13 │            │ w14 w15 w16 w17 │     a row of a panel is one register,
 *       │ …               │            │ …               │     and the next row is right behind
 *       └─────────────────┘            └─────────────────┘
 * ```
 *
 * Every number of a product is one sum, from the first term to the last, in float32; a tile of 4
 * rows by 2 panels, 8 sums of 4 lanes, stays in registers, as a core has 16. How many rows come
 * together changes no bit: so a prediction alone is the one from a minibatch, and the twins' plain
 * loops give the same. Depth and width are multiples of 4.
 *
 * Blocking: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", TOMS 2008.
 */

/** Of panels: a row, in bytes; log2 of it. */
const panelRowLog2: usize = 4;

/**
 * out[b, n] = max(floor, start[n] + Σ_k x[b, k] · w[k, n]), in the order of k.
 *
 * `start` is f32[width], or 0 for zeros. `floor` is 0 for units that are linear above 0 (ReLU), −∞ for
 * plain sums.
 */
export function product(
  x: usize,
  xStride: usize,
  w: usize,
  start: usize,
  out: usize,
  outStride: usize,
  rows: u32,
  depth: u32,
  width: u32,
  floor: f32,
): void {
  const panelBytes = <usize>depth << panelRowLog2;
  const least = f32x4.splat(floor);
  const inFours = rows & ~3;
  const columnBytes: usize = width << 2;
  let column: usize = 0; // in bytes: 16 a panel
  for (; column + 32 <= columnBytes; column += 32) {
    for (let b: usize = 0; b < inFours; b += 4) {
      const to = out + b * outStride + column;
      fourByTwo(x + b * xStride, xStride, w, panelBytes, startOf(start, column), startOf(start, column + 16), to, outStride, least);
    }
    w += panelBytes << 1;
  }
  if (column < columnBytes) {
    for (let b: usize = 0; b < inFours; b += 4) {
      const to = out + b * outStride + column;
      fourByOne(x + b * xStride, xStride, w, panelBytes, startOf(start, column), to, outStride, least);
    }
    w += panelBytes;
  }
  w -= panelBytes * (columnBytes >>> 4);
  for (let b: usize = inFours; b < rows; b++) {
    oneRow(x + b * xStride, w, panelBytes, start, out + b * outStride, columnBytes, least);
  }
}

@inline
function startOf(start: usize, column: usize): v128 {
  return start == 0 ? f32x4.splat(0) : v128.load(start + column);
}

@inline
function fourByTwo(
  x: usize,
  xStride: usize,
  w: usize,
  panelBytes: usize,
  start0: v128,
  start1: v128,
  out: usize,
  outStride: usize,
  floor: v128,
): void {
  let x1 = x + xStride;
  let x2 = x1 + xStride;
  let x3 = x2 + xStride;
  let w1 = w + panelBytes;
  let a0 = start0;
  let a1 = start0;
  let a2 = start0;
  let a3 = start0;
  let b0 = start1;
  let b1 = start1;
  let b2 = start1;
  let b3 = start1;
  for (const end = w1; w < end; w += 16) {
    const p = v128.load(w);
    const q = v128.load(w1);
    let t = v128.load_splat<f32>(x);
    a0 = f32x4.add(a0, f32x4.mul(t, p));
    b0 = f32x4.add(b0, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x1);
    a1 = f32x4.add(a1, f32x4.mul(t, p));
    b1 = f32x4.add(b1, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x2);
    a2 = f32x4.add(a2, f32x4.mul(t, p));
    b2 = f32x4.add(b2, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x3);
    a3 = f32x4.add(a3, f32x4.mul(t, p));
    b3 = f32x4.add(b3, f32x4.mul(t, q));
    w1 += 16;
    x += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
  }
  v128.store(out, f32x4.pmax(a0, floor));
  v128.store(out, f32x4.pmax(b0, floor), 16);
  out += outStride;
  v128.store(out, f32x4.pmax(a1, floor));
  v128.store(out, f32x4.pmax(b1, floor), 16);
  out += outStride;
  v128.store(out, f32x4.pmax(a2, floor));
  v128.store(out, f32x4.pmax(b2, floor), 16);
  out += outStride;
  v128.store(out, f32x4.pmax(a3, floor));
  v128.store(out, f32x4.pmax(b3, floor), 16);
}

@inline
function fourByOne(
  x: usize,
  xStride: usize,
  w: usize,
  panelBytes: usize,
  start: v128,
  out: usize,
  outStride: usize,
  floor: v128,
): void {
  let x1 = x + xStride;
  let x2 = x1 + xStride;
  let x3 = x2 + xStride;
  let a0 = start;
  let a1 = start;
  let a2 = start;
  let a3 = start;
  for (const end = w + panelBytes; w < end; w += 16) {
    const p = v128.load(w);
    a0 = f32x4.add(a0, f32x4.mul(v128.load_splat<f32>(x), p));
    a1 = f32x4.add(a1, f32x4.mul(v128.load_splat<f32>(x1), p));
    a2 = f32x4.add(a2, f32x4.mul(v128.load_splat<f32>(x2), p));
    a3 = f32x4.add(a3, f32x4.mul(v128.load_splat<f32>(x3), p));
    x += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
  }
  v128.store(out, f32x4.pmax(a0, floor));
  v128.store(out + outStride, f32x4.pmax(a1, floor));
  v128.store(out + (outStride << 1), f32x4.pmax(a2, floor));
  v128.store(out + outStride * 3, f32x4.pmax(a3, floor));
}

/** A row alone, as in a single prediction: four panels side by side, so that no sum waits for another. */
function oneRow(
  x: usize,
  w: usize,
  panelBytes: usize,
  start: usize,
  out: usize,
  columnBytes: usize,
  floor: v128,
): void {
  let column: usize = 0;
  for (; column + 64 <= columnBytes; column += 64) {
    let a = startOf(start, column);
    let b = startOf(start, column + 16);
    let c = startOf(start, column + 32);
    let d = startOf(start, column + 48);
    let w1 = w + panelBytes;
    let w2 = w1 + panelBytes;
    let w3 = w2 + panelBytes;
    let from = x;
    for (const end = w1; w < end; w += 16) {
      const t = v128.load_splat<f32>(from);
      a = f32x4.add(a, f32x4.mul(t, v128.load(w)));
      b = f32x4.add(b, f32x4.mul(t, v128.load(w1)));
      c = f32x4.add(c, f32x4.mul(t, v128.load(w2)));
      d = f32x4.add(d, f32x4.mul(t, v128.load(w3)));
      w1 += 16;
      w2 += 16;
      w3 += 16;
      from += 4;
    }
    w = w3;
    v128.store(out + column, f32x4.pmax(a, floor));
    v128.store(out + column, f32x4.pmax(b, floor), 16);
    v128.store(out + column, f32x4.pmax(c, floor), 32);
    v128.store(out + column, f32x4.pmax(d, floor), 48);
  }
  for (; column < columnBytes; column += 16) {
    let sum = startOf(start, column);
    let from = x;
    for (const end = w + panelBytes; w < end; w += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(from), v128.load(w)));
      from += 4;
    }
    v128.store(out + column, f32x4.pmax(sum, floor));
  }
}

/**
 * out[k, n] = Σ_b x[b, k] · delta[b, n], in the order of the rows b; `out` in panels, as the weights
 * that it is the gradient of.
 */
export function outerProduct(
  x: usize,
  xStride: usize,
  delta: usize,
  deltaStride: usize,
  out: usize,
  rows: u32,
  depth: u32,
  width: u32,
): void {
  const panelBytes = <usize>depth << panelRowLog2;
  const depthBytes: usize = depth << 2;
  const columnBytes: usize = width << 2;
  let column: usize = 0;
  for (; column + 32 <= columnBytes; column += 32) {
    for (let k: usize = 0; k < depthBytes; k += 16) {
      const to = out + (k << 2);
      outerByTwo(x + k, xStride, delta + column, deltaStride, to, panelBytes, rows);
    }
    out += panelBytes << 1;
  }
  if (column == columnBytes) return;
  for (let k: usize = 0; k < depthBytes; k += 16) {
    outerByOne(x + k, xStride, delta + column, deltaStride, out + (k << 2), rows);
  }
}

@inline
function outerByTwo(
  x: usize,
  xStride: usize,
  delta: usize,
  deltaStride: usize,
  out: usize,
  panelBytes: usize,
  rows: u32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (const end = x + <usize>rows * xStride; x < end; x += xStride) {
    const p = v128.load(delta);
    const q = v128.load(delta, 16);
    let t = v128.load_splat<f32>(x);
    a0 = f32x4.add(a0, f32x4.mul(t, p));
    b0 = f32x4.add(b0, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x, 4);
    a1 = f32x4.add(a1, f32x4.mul(t, p));
    b1 = f32x4.add(b1, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x, 8);
    a2 = f32x4.add(a2, f32x4.mul(t, p));
    b2 = f32x4.add(b2, f32x4.mul(t, q));
    t = v128.load_splat<f32>(x, 12);
    a3 = f32x4.add(a3, f32x4.mul(t, p));
    b3 = f32x4.add(b3, f32x4.mul(t, q));
    delta += deltaStride;
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  out += panelBytes;
  v128.store(out, b0);
  v128.store(out, b1, 16);
  v128.store(out, b2, 32);
  v128.store(out, b3, 48);
}

@inline
function outerByOne(
  x: usize,
  xStride: usize,
  delta: usize,
  deltaStride: usize,
  out: usize,
  rows: u32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (const end = x + <usize>rows * xStride; x < end; x += xStride) {
    const p = v128.load(delta);
    a0 = f32x4.add(a0, f32x4.mul(v128.load_splat<f32>(x), p));
    a1 = f32x4.add(a1, f32x4.mul(v128.load_splat<f32>(x, 4), p));
    a2 = f32x4.add(a2, f32x4.mul(v128.load_splat<f32>(x, 8), p));
    a3 = f32x4.add(a3, f32x4.mul(v128.load_splat<f32>(x, 12), p));
    delta += deltaStride;
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
}

/** Weights (depth, width) in panels of columns, to (width, depth) in panels of what were its rows. */
export function transposePanels(w: usize, out: usize, depth: u32, width: u32): void {
  const outPanelBytes: usize = width << 4;
  for (let column: usize = 0; column < width; column += 4) {
    let to = out + (column << 4);
    for (const end = w + (depth << 4); w < end; w += 64) {
      // Four rows of a panel are a square, which becomes four rows of another.
      const a = v128.load(w);
      const b = v128.load(w, 16);
      const c = v128.load(w, 32);
      const d = v128.load(w, 48);
      const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(ab01, cd01, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<f32>(ab01, cd01, 2, 3, 6, 7), 16);
      v128.store(to, v128.shuffle<f32>(ab23, cd23, 0, 1, 4, 5), 32);
      v128.store(to, v128.shuffle<f32>(ab23, cd23, 2, 3, 6, 7), 48);
      to += outPanelBytes;
    }
  }
}

/** out[n] = Σ_b x[b, n], in the order of the rows. */
export function columnSums(x: usize, xStride: usize, out: usize, rows: u32, width: u32): void {
  const columnBytes: usize = width << 2;
  for (let column: usize = 0; column < columnBytes; column += 16) {
    let sum = f32x4.splat(0);
    const end = x + <usize>rows * xStride;
    for (let row = x; row < end; row += xStride) sum = f32x4.add(sum, v128.load(row + column));
    v128.store(out + column, sum);
  }
}

/** Keeps of `delta` what belongs to units above 0, scaled, and makes the rest 0. */
export function gate(
  delta: usize,
  units: usize,
  stride: usize,
  rows: u32,
  width: u32,
  scale: f32,
): void {
  const columnBytes: usize = width << 2;
  const scales = f32x4.splat(scale);
  const zero = f32x4.splat(0);
  for (let b: u32 = 0; b < rows; b++) {
    for (let column: usize = 0; column < columnBytes; column += 16) {
      const scaled = f32x4.mul(v128.load(delta + column), scales);
      const isAbove = f32x4.gt(v128.load(units + column), zero);
      v128.store(delta + column, v128.and(scaled, isAbove));
    }
    delta += stride;
    units += stride;
  }
}
