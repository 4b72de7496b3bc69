export { type AgglomerateOptions, agglomerate, type Linkage } from "./agglomerate.ts";
export { type MergeCertificate, mergeCertificate } from "./certificate.ts";
export { cutAt, cutInto, type Dendrogram, labelsAfter } from "./dendrogram.ts";
export {
  type ClusterTables,
  clusterDistances,
  clusterTables,
  type NearestCluster,
  nearestCluster,
} from "./nearestCluster.ts";
export type { CategoricalRows } from "./rows.ts";
