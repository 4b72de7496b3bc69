export {
  type Ablation,
  ablations,
  type RecommendedItem,
  Recommender,
} from "./recommender.ts";
