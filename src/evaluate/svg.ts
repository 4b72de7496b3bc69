/** What the plots have in common: text, numbers of pixels, and the picture around their parts. */

export const centred = `text-anchor="middle"`;

export interface SvgPicture {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** CSS. */
  readonly style: string;
  /** Elements, in the order in which they are drawn. */
  readonly parts: readonly string[];
}

export function svgOf({ width, height, title, style, parts }: SvgPicture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

export function text(x: number, y: number, content: string, attributes: string): string {
  const space = attributes === "" ? "" : " ";
  return `<text x="${pixels(x)}" y="${pixels(y)}"${space}${attributes}>${escaped(content)}</text>`;
}

/** A tenth of a pixel is finer than any screen, and hides the last digits of float64. */
export function pixels(value: number): string {
  return value.toFixed(1);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
