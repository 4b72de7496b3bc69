export { type AgglomerateOptions, agglomerate, type Linkage } from "./agglomerate.ts";
export { type MergeCertificate, mergeCertificate } from "./certificate.ts";
export { cutAt, cutInto, type Dendrogram } from "./dendrogram.ts";
export type { CategoricalRows } from "./rows.ts";
