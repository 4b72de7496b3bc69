export {
  type Ablation,
  ablations,
  type RecommendedItem,
  Recommender,
  type RequestMoment,
} from "./recommender.ts";
export { ResponseScorer } from "./responseScorer.ts";
