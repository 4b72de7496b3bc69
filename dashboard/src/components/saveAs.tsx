import type { JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { type Cells, csvOf } from "../csv.ts";
import { download } from "../download.ts";

interface SaveAsProps {
  /** The file without its ending. */
  readonly name: string;
  /** What is drawn in the picture. */
  readonly of: RefObject<HTMLElement | null>;
  /** The numbers behind it, with a line of names first; nothing while there are none. */
  readonly rows: (() => readonly Cells[]) | undefined;
}

/** Takes what is shown along: its numbers as CSV, itself as a picture. */
export function SaveAs({ name, of, rows }: SaveAsProps): JSX.Element {
  const [trouble, setTrouble] = useState<string>();
  const savePicture = async (element: HTMLElement) => {
    // Not in the first view's script: few take pictures.
    const { domToBlob } = await import("modern-screenshot");
    const blob = await domToBlob(element, {
      scale: 2,
      font: false,
      backgroundColor: getComputedStyle(element).getPropertyValue("background-color"),
      // What is pressed to save is not in what is saved.
      filter: (node) => !(node instanceof Element && node.classList.contains("save-as")),
    });
    download(blob, `${name}.png`);
  };
  const onPicture = () => {
    const element = of.current;
    if (element === null) return;
    setTrouble(undefined);
    savePicture(element).catch((error: unknown) => {
      setTrouble(`No picture: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  return (
    <span class="save-as">
      {trouble !== undefined && <span role="alert">{trouble} </span>}
      <button
        type="button"
        class="link"
        disabled={rows === undefined}
        aria-label={`Save ${name} as CSV`}
        onClick={() => rows && download(csvBlob(rows()), `${name}.csv`)}
      >
        CSV
      </button>{" "}
      <button
        type="button"
        class="link"
        disabled={rows === undefined}
        aria-label={`Save ${name} as PNG`}
        onClick={onPicture}
      >
        PNG
      </button>
    </span>
  );
}

function csvBlob(rows: readonly Cells[]): Blob {
  return new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" });
}
