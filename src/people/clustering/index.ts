export { type AgglomerateOptions, agglomerate, type Linkage } from "./agglomerate.ts";
export { type MergeCertificate, mergeCertificate } from "./certificate.ts";
export { cutAt, cutInto, type Dendrogram, labelsAfter } from "./dendrogram.ts";
export { type KMeans, kMeans } from "./kMeans.ts";
export { type KModes, kModes } from "./kModes.ts";
export {
  type ClusterTables,
  clusterDistances,
  clusterTables,
  type NearestCluster,
  nearestCluster,
} from "./nearestCluster.ts";
export type { CategoricalRows } from "./rows.ts";
export { type BestCut, cutBySilhouette, silhouette } from "./silhouette.ts";
