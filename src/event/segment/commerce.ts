/**
 * Names of Segment's e-commerce spec, version 2.
 *
 * Not here, and so told as not mapped, is what no type of ours says: removals, refunds and changes of orders,
 * steps of a checkout, searches, coupons. Promotions are not here either: they are a shop's own banners, and as
 * `ad_impression` or `ad_click` each would take the credit from the advertisement that brought somebody.
 *
 * Source: Segment, "Spec: V2 Ecommerce Events".
 */
import { type Fields, isObject } from "../eventChecks.ts";
import { type Part, PartBuilder, type TrackRule } from "./trackRule.ts";
import { readId, readNumber, readPosition } from "./values.ts";

/** What `value` is: a price; a price times a quantity; what an order comes to. */
type Money = "none" | "price" | "line" | "order";

export const commerceRules: readonly [string, TrackRule][] = [
  ["Product List Viewed", ofEachProduct("impression", "none")],
  ["Product List Filtered", ofEachProduct("impression", "none")],
  ["Product Clicked", ofProduct("view_content", "price")],
  ["Product Viewed", ofProduct("view_content", "price")],
  ["Product Added", ofProduct("add_to_cart", "line")],
  ["Wishlist Product Added to Cart", ofProduct("add_to_cart", "line")],
  ["Product Added to Wishlist", ofProduct("save", "none")],
  ["Product Shared", ofProduct("share", "none")],
  ["Cart Shared", ofEachProduct("share", "none")],
  ["Product Reviewed", { type: "rate", parts: reviewOf }],
  // Once, without items: they were told when they came into the cart.
  ["Checkout Started", { type: "checkout", parts: orderOf }],
  ["Order Completed", { type: "purchase", parts: purchasesOf }],
];

function ofProduct(type: string, money: Money): TrackRule {
  return { type, parts: ({ properties }) => [productPart(properties, properties, money)] };
}

function ofEachProduct(type: string, money: Money): TrackRule {
  return {
    type,
    parts: ({ properties }) =>
      productsOf(properties).map((product, index) =>
        productPart(properties, product, money, index),
      ),
  };
}

/** One for each product, worth its price times its quantity; one for the order, if it tells no products. */
function purchasesOf({ properties }: { readonly properties: Fields }): readonly Part[] {
  const products = productsOf(properties);
  if (products.length === 0) return orderOf({ properties });
  return products.map((product, index) => productPart(properties, product, "line", index));
}

function orderOf({ properties }: { readonly properties: Fields }): readonly Part[] {
  const builder = new PartBuilder();
  setMoney(builder, properties, "properties.", "order");
  builder.take("currency", properties, "properties.", ["currency"]);
  return [builder.build()];
}

function reviewOf({ properties }: { readonly properties: Fields }): readonly Part[] {
  const builder = new PartBuilder();
  takeItem(builder, properties, "properties.");
  builder.take("value", properties, "properties.", ["rating"]);
  return [builder.build()];
}

/** What is no object among the products is one without an id: it will be refused as that. */
function productsOf(properties: Fields): readonly Fields[] {
  const products = Object.hasOwn(properties, "products") ? properties["products"] : undefined;
  if (!Array.isArray(products)) return [];
  return products.map((product: unknown) => (isObject(product) ? product : {}));
}

function productPart(properties: Fields, product: Fields, money: Money, index?: number): Part {
  const builder = new PartBuilder();
  const prefix = index === undefined ? "properties." : `properties.products.${index}.`;
  takeItem(builder, product, prefix);
  setMoney(builder, product, prefix, money);
  builder.take("currency", product, prefix, ["currency"]);
  builder.take("request", product, prefix, ["request"]);
  builder.take("position", product, prefix, ["position"], readPosition);
  if (index === undefined) return builder.build();
  // Products mostly have no currency, but their order has one.
  builder.take("currency", properties, "properties.", ["currency"]);
  builder.take("request", properties, "properties.", ["request"]);
  return builder.build({ product: { fields: product, index } });
}

function takeItem(builder: PartBuilder, root: Fields, prefix: string): void {
  builder.take("item", root, prefix, ["product_id", "sku"], readId);
}

/** Prices, quantities and sums stay in the context, too: `value` does not tell them apart. */
function setMoney(builder: PartBuilder, root: Fields, prefix: string, money: Money): void {
  if (money === "none") return;
  const names = money === "order" ? ["revenue", "total", "value"] : ["value", "price"];
  const name = names.find((each) => readNumber(root[each] ?? undefined) !== undefined);
  if (name === undefined) return;
  const amount = readNumber(root[name]);
  const quantity = readNumber(root["quantity"]);
  const isMultiplied =
    money === "line" &&
    name === "price" &&
    typeof amount === "number" &&
    typeof quantity === "number";
  builder.set("value", isMultiplied ? amount * quantity : amount, prefix + name);
}
