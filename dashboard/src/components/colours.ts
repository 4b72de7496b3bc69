export interface Colours {
  readonly accent: string;
  readonly grey: string;
  readonly line: string;
  readonly soft: string;
}

/** The page's colours as a canvas takes them: `light-dark()` resolved by the browser. */
export function readColours(inside: HTMLElement): Colours {
  const probe = document.createElement("span");
  inside.append(probe);
  const resolved = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    accent: resolved("--accent"),
    grey: resolved("--line-strong"),
    line: resolved("--line"),
    soft: resolved("--ink-soft"),
  };
  probe.remove();
  return colours;
}
