export {
  type Ablation,
  ablations,
  type RecommendedItem,
  Recommender,
  type RecommendRequest,
} from "./recommender.ts";
