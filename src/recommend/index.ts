export { type Board, type BoardItem, Boards, boards } from "./boards.ts";
export { type CandidateBudgets, candidateSources } from "./candidates.ts";
export type { Explanation, MissingItem } from "./explanation.ts";
export { type ExplorationOptions, Explorer } from "./exploration.ts";
export {
  type Ablation,
  ablations,
  type RecommendedItem,
  type RecommendedList,
  Recommender,
  type RequestMoment,
} from "./recommender.ts";
export { rerank } from "./rerank.ts";
export { ResponseScorer } from "./responseScorer.ts";
export type { Rules } from "./rules.ts";
