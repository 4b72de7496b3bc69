/** Still pictures as one that moves: an animated WebP, frame after frame, for ever. */

export interface Frame {
  /** A WebP file of the size of the whole. */
  readonly webp: Buffer;
  readonly shownMs: number;
}

const animated = 0x02;
const loopsForEver = 0;

/**
 * Source: WebP Container Specification, Extended File Format (RIFF chunks VP8X, ANIM, ANMF).
 *
 * @param size of every frame, in pixels.
 */
export function animatedWebp(
  frames: readonly Frame[],
  { width, height }: { readonly width: number; readonly height: number },
): Buffer {
  const header = Buffer.alloc(10);
  header[0] = animated;
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  const animation = Buffer.alloc(6);
  animation.writeUInt32LE(0xffff_ffff, 0); // behind all frames: white
  animation.writeUInt16LE(loopsForEver, 4);
  const shown = frames.map(({ webp, shownMs }) => {
    const place = Buffer.alloc(16);
    place.writeUIntLE(width - 1, 6, 3);
    place.writeUIntLE(height - 1, 9, 3);
    place.writeUIntLE(shownMs, 12, 3);
    return chunk("ANMF", Buffer.concat([place, imageOf(webp)]));
  });
  const chunks = [chunk("VP8X", header), chunk("ANIM", animation), ...shown];
  return chunk("RIFF", Buffer.concat([Buffer.from("WEBP"), ...chunks]));
}

/** The chunk with the pixels, out of a file of one picture. */
function imageOf(webp: Buffer): Buffer {
  const riffBytes = 12;
  for (let at = riffBytes; at < webp.length; ) {
    const name = webp.toString("latin1", at, at + 4);
    const end = at + 8 + evened(webp.readUInt32LE(at + 4));
    if (name === "VP8 " || name === "VP8L") return webp.subarray(at, end);
    at = end;
  }
  throw new Error("no picture in that file");
}

/** Chunks begin at even places. */
function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(evened(content.length) - content.length)]);
}

function evened(size: number): number {
  return size + (size % 2);
}
