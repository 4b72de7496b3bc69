/** Memory for the arrays of many accounts, in few buffers: so that they go to another thread without being copied. */

const bufferBytes = 1 << 20;

export class Arena {
  readonly #buffers: ArrayBuffer[] = [];
  #used = bufferBytes;
  #sizeBytes = 0;

  /** What to transfer. */
  get buffers(): readonly ArrayBuffer[] {
    return this.#buffers;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Zeroed. */
  int32(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#room(length * 4), this.#used - roundedUp(length * 4), length);
  }

  float64(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#room(length * 8), this.#used - roundedUp(length * 8), length);
  }

  float32(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#room(length * 4), this.#used - roundedUp(length * 4), length);
  }

  int16(length: number): Int16Array<ArrayBuffer> {
    return new Int16Array(this.#room(length * 2), this.#used - roundedUp(length * 2), length);
  }

  /** The buffer in which the last `bytes` before `#used` are free. */
  #room(bytes: number): ArrayBuffer {
    const rounded = roundedUp(bytes);
    const last = this.#buffers.at(-1);
    this.#sizeBytes += rounded;
    if (last !== undefined && this.#used + rounded <= last.byteLength) {
      this.#used += rounded;
      return last;
    }
    const added = new ArrayBuffer(Math.max(bufferBytes, rounded));
    this.#buffers.push(added);
    this.#used = rounded;
    return added;
  }
}

/** Each array begins where eight-byte numbers may. */
function roundedUp(bytes: number): number {
  return (bytes + 7) & ~7;
}
