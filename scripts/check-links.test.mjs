import { expect, test } from "vitest";
import { checkLinks, readAnchors, readLinks } from "./check-links.mjs";
import { makeProject } from "./lib/fixture.mjs";

/** @param {Record<string, string>} files */
const problemsOf = (files) => checkLinks(makeProject(files)).problems;

test("follows files, folders and anchors", () => {
  const problems = problemsOf({
    "README.md": "[a](docs/A.md#two-words) ![i](docs/i.png) [d](docs) [w](https://example.org/x)",
    "docs/A.md": "# Two words\n\n[up](../README.md) [here](#two-words) [code](../src/x.ts#L3)",
    "docs/i.png": "",
    "src/x.ts": "",
  });
  expect(problems).toEqual([]);
});

test.each([
  ["[x](gone.md)", "gone.md: does not exist"],
  ["[x](A.md#gone)", "A.md#gone: no heading gives that anchor"],
  ["[x](#gone)", "#gone: no heading gives that anchor"],
  ["[x][y]\n\n[y]: gone.md", "gone.md: does not exist"],
  ['<a href="gone.md">x</a>', "gone.md: does not exist"],
  ["![x](gone.png)", "gone.png: does not exist"],
  ["[x](/A.md)", "/A.md: leads out of the repository; links are relative"],
  ["[x](../A.md)", "../A.md: leads out of the repository; links are relative"],
  ["[x](https://exa[mple)", "https://exa[mple: not a well-formed address"],
])("refuses %s", (markdown, problem) => {
  expect(problemsOf({ "A.md": "# A", "README.md": markdown })).toEqual([
    expect.stringMatching(/^README\.md:\d: /),
  ]);
  expect(problemsOf({ "A.md": "# A", "README.md": markdown })[0]).toContain(problem);
});

test("code and comments hold no links, and line numbers count them", () => {
  const markdown = "```\n[a](gone.md)\n```\n`[b](gone.md)` <!-- [c](gone.md) -->\n[d](x.md)";
  expect(readLinks(markdown)).toEqual([{ target: "x.md", line: 5 }]);
});

test("reads titles, angle brackets and brackets inside an address", () => {
  const markdown = '[a](x.md "A title") [b](<y.md>) [c](https://example.org/a_(b)) [[d](z.md)]';
  expect(readLinks(markdown).map((link) => link.target)).toEqual([
    "x.md",
    "y.md",
    "https://example.org/a_(b)",
    "z.md",
  ]);
});

test("makes anchors as GitHub does", () => {
  const markdown =
    "# The `View` contract: save & restore\n## Same\n## Same\n## [Link](x.md) Übung\n" +
    '```\n# not this\n```\n<a id="own"></a>\n## snake_case-and-hyphen ##';
  expect([...readAnchors(markdown)]).toEqual([
    "the-view-contract-save--restore",
    "same",
    "same-1",
    "link-übung",
    "snake_case-and-hyphen",
    "own",
  ]);
});
