import {
  type SankeyLinkMinimal,
  type SankeyNode,
  sankey,
  sankeyJustify,
  sankeyLinkHorizontal,
} from "d3-sankey";

/** A path and how often it converted, the first touch first. */
export interface Way {
  readonly path: readonly string[];
  readonly conversions: number;
}

interface Touch {
  readonly id: string;
  readonly name: string;
  /** Touches from here to the conversion, which is 0. */
  readonly left: number;
}

type Link = Omit<SankeyLinkMinimal<Touch, object>, "source" | "target"> & {
  readonly source: string;
  readonly target: string;
};

export interface Flow {
  readonly height: number;
  readonly nodes: readonly (Touch & {
    readonly x0: number;
    readonly x1: number;
    readonly y0: number;
    readonly y1: number;
    readonly value: number;
  })[];
  readonly links: readonly {
    readonly from: string;
    readonly to: string;
    readonly value: number;
    readonly width: number;
    /** The middle of the stream, as the `d` of a path. */
    readonly line: string;
  }[];
}

/** Touches that are drawn; of longer paths the last ones. */
const touchesMax = 4;

export const flowWidth = 640;

/**
 * Paths drawn as streams that end in the conversion: a column for each touch, counted from the end.
 *
 * A channel that comes twice in a row is two touches.
 */
export function layOut(ways: readonly Way[]): Flow | undefined {
  const nodes = new Map<string, Touch>();
  const links = new Map<string, Link>();
  const nodeOf = (name: string, left: number): string => {
    const id = `${left} ${name}`;
    nodes.set(id, { id, name, left });
    return id;
  };
  for (const { path, conversions } of ways) {
    if (conversions <= 0) continue;
    const shown = path.slice(-touchesMax);
    const ids = shown.map((name, at) => nodeOf(name, shown.length - at));
    ids.push(nodeOf("conversion", 0));
    for (const [at, target] of ids.slice(1).entries()) {
      const key = `${ids[at]} → ${target}`;
      const link = links.get(key);
      if (link === undefined) links.set(key, { source: ids[at], target, value: conversions });
      else link.value += conversions;
    }
  }
  if (links.size === 0) return undefined;
  const perColumn = new Map<number, number>();
  for (const { left } of nodes.values()) perColumn.set(left, (perColumn.get(left) ?? 0) + 1);
  const height = Math.max(160, 44 * Math.max(...perColumn.values()));
  const graph = sankey<Touch, object>()
    .nodeId(({ id }) => id)
    .nodeAlign(sankeyJustify)
    .nodeWidth(10)
    .nodePadding(18)
    .extent([
      [1, 8],
      [flowWidth - 1, height - 8],
    ])({ nodes: [...nodes.values()], links: [...links.values()] });
  const line = sankeyLinkHorizontal<Touch, object>();
  return {
    height,
    nodes: graph.nodes.map(({ id, name, left, x0 = 0, x1 = 0, y0 = 0, y1 = 0, value = 0 }) => {
      return { id, name, left, x0, x1, y0, y1, value };
    }),
    links: graph.links.map((link) => ({
      from: idOf(link.source),
      to: idOf(link.target),
      value: link.value,
      width: Math.max(1, link.width ?? 0),
      line: line(link) ?? "",
    })),
  };
}

/** Laid out, an end of a link is its node. */
function idOf(end: string | number | SankeyNode<Touch, object>): string {
  return typeof end === "object" ? end.id : String(end);
}
