import { createHash } from "node:crypto";
import { Type } from "../../core/index.ts";
import { documentationPage } from "../documentationPage.ts";
import { type BoundRoute, boundRoute } from "../route.ts";

const htmlType = "text/html; charset=utf-8";

/** @param contract the OpenAPI document of all routes, these included: made when it is first asked for. */
export function documentationRoutes(contract: () => object): BoundRoute[] {
  let document: { readonly text: string; readonly page: string; readonly etag: string } | undefined;
  const made = () => {
    if (document !== undefined) return document;
    const text = JSON.stringify(contract());
    const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
    document = { text, page: documentationPage(contract()), etag };
    return document;
  };
  const answer = (body: string, type: string, wanted: unknown) => {
    const { etag } = made();
    if (wanted === etag) return { status: 304, body: "", headers: { etag } };
    return { body, headers: { "content-type": type, etag } };
  };
  return [
    boundRoute({
      method: "GET",
      path: "/openapi.json",
      scope: "none",
      tag: "Operations",
      summary: "This contract, as OpenAPI 3.1",
      replies: {
        200: {
          description: "For generators of clients.",
          schema: Type.Object({}, { additionalProperties: true }),
          headers: { etag: "Send it as `if-none-match`." },
        },
        304: { description: "It is as `if-none-match` has it." },
      },
      handle: ({ headers }) =>
        answer(made().text, "application/json; charset=utf-8", headers["if-none-match"]),
    }),
    boundRoute({
      method: "GET",
      path: "/docs",
      scope: "none",
      tag: "Operations",
      summary: "This contract, to read",
      replies: {
        200: { description: "A page.", mediaType: "text/html" },
        304: { description: "It is as `if-none-match` has it." },
      },
      handle: ({ headers }) => answer(made().page, htmlType, headers["if-none-match"]),
    }),
  ];
}
