import type { AccountPeople } from "foldback/client";
import type { JSX } from "preact";
import { Panel } from "../../components/panel.tsx";
import { count, fixed } from "../../format.ts";
import { personClass, personName } from "./persons.tsx";

type SessionTree = NonNullable<AccountPeople["tree"]>;

const width = 1000;
/** Of the names at the leaves. */
const right = 330;
const rowHeight = 18;

interface Node {
  readonly x: number;
  readonly y: number;
}

/** How alike sessions are: the dendrogram of the plain method, from the leaves at the right to the root at the left, and its cut. */
export function Tree({ tree }: { readonly tree: SessionTree }): JSX.Element {
  const { leaves, merges, cut } = tree;
  const order = orderOf(tree);
  const height = leaves.length * rowHeight;
  const top = Math.max(...merges.map((merge) => merge.height), cut) * 1.02;
  const x = (distance: number) => (width - right) * (1 - distance / top);
  const nodes: Node[] = [];
  for (const [place, leaf] of order.entries()) {
    nodes[leaf] = { x: x(0), y: (place + 0.5) * rowHeight };
  }
  for (const [at, { first, second, height: distance }] of merges.entries()) {
    nodes[leaves.length + at] = {
      x: x(distance),
      y: (nodes[first].y + nodes[second].y) / 2,
    };
  }
  const parts = 1 + merges.filter((merge) => merge.height > cut).length;
  const rows = () => [
    ["merge", "first", "second", "distance"],
    ...merges.map((merge, at) => [leaves.length + at, merge.first, merge.second, merge.height]),
  ];
  const words =
    `Tree of ${count(leaves.length)} groups of sessions; ` +
    `cut at a distance of ${fixed(cut, 2)} it falls into ${count(parts)} parts`;
  return (
    <Panel
      title="How alike sessions are"
      note={`the plain method, for comparison: device, place and time alone, ${count(parts)} ${parts === 1 ? "part" : "parts"} below the cut`}
      saved={{ name: "session-tree", rows }}
    >
      <div class="scroll" role="group" aria-label="Dendrogram" tabIndex={0}>
        <svg class="tree" viewBox={`0 0 ${width} ${height + 20}`} role="img" aria-label={words}>
          {merges.map(({ first, second }, at) => {
            const [a, b] = [nodes[first], nodes[second]];
            const joined = nodes[leaves.length + at];
            return (
              <path
                // biome-ignore lint/suspicious/noArrayIndexKey: a merge is its place
                key={at}
                class="branch"
                d={`M${a.x} ${a.y}H${joined.x}V${b.y}H${b.x}`}
              />
            );
          })}
          <line class="cut" x1={x(cut)} x2={x(cut)} y1="0" y2={height} />
          <text class="tick" x={x(cut)} y={height + 14} text-anchor="middle">
            cut at {fixed(cut, 2)}
          </text>
          {order.map((leaf, place) => (
            <Leaf key={leaf} leaf={leaves[leaf]} y={(place + 0.5) * rowHeight} />
          ))}
        </svg>
      </div>
      <p class="small soft">
        Near sessions are folded into one line. Colours and numbers are the persons of the count,
        which looks at what was played as well.
      </p>
    </Panel>
  );
}

function Leaf({
  leaf,
  y,
}: {
  readonly leaf: SessionTree["leaves"][number];
  readonly y: number;
}): JSX.Element {
  const [largest] = leaf.persons.toSorted((a, b) => b.sessions - a.sessions);
  const person = largest?.person ?? 0;
  const where = [leaf.device, leaf.city].filter((name) => name !== undefined).join(", ");
  const others = leaf.persons.length > 1 ? " and others" : "";
  return (
    <g>
      <rect
        class={personClass(person)}
        x={width - right + 4}
        y={y - 6}
        width="12"
        height="12"
        rx="3"
      />
      <text x={width - right + 22} y={y + 4}>
        {`${count(leaf.sessions)} · ${personName(person)}${others}${where === "" ? "" : ` · ${where}`}`}
      </text>
    </g>
  );
}

/** Leaves from top to bottom, so that no branches cross. */
function orderOf({ leaves, merges }: SessionTree): number[] {
  const found: number[] = [];
  const waiting = [leaves.length + merges.length - 1];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node < leaves.length) found.push(node);
    else {
      const { first, second } = merges[node - leaves.length];
      waiting.push(second, first);
    }
  }
  return found;
}
