/** What there is to listen to, by number: artists and songs of genres, with fame by a power law. Nothing is kept of a song. */
import { twin } from "../../kernels/index.ts";
import { Draws } from "../draws.ts";
import type { HouseholdParameters } from "./parameters.ts";

/** Genres beyond the first are less common: weight (rank + 2)^-0.8. */
const genreSkew = 0.8;
const artistSkew = 1; // Zipf's law
const songSkew = 0.8;
/** Of a hundred songs: in another genre than their artist's. */
const strayPercent = 8;
/** The service's own playlists, of each genre. */
const listsPerGenre = 3;
const listLength = 40;
const listSeed = 1; // they are the same in every simulation of as many genres, artists and songs

export class Music {
  readonly genreCount: number;
  readonly genreWeights: readonly number[];
  /** The service's own: songs, by genre and list. */
  readonly playlists: readonly (readonly (readonly number[])[])[];
  readonly #artistCount: number;
  readonly #songCount: number;
  readonly #artists: Float64Array;
  readonly #songs: Float64Array;

  constructor(parameters: HouseholdParameters) {
    this.genreCount = parameters.genres;
    this.#artistCount = parameters.artistsPerGenre;
    this.#songCount = parameters.songsPerArtist;
    const total = cumulated(this.genreCount, 2, genreSkew);
    this.genreWeights = Array.from(total, (sum, rank) => sum - (rank === 0 ? 0 : total[rank - 1]));
    this.#artists = cumulated(this.#artistCount, 0, artistSkew);
    this.#songs = cumulated(this.#songCount, 0, songSkew);
    const draws = new Draws(listSeed, 0);
    this.playlists = Array.from({ length: this.genreCount }, (_, genre) =>
      Array.from({ length: listsPerGenre }, () =>
        Array.from({ length: listLength }, () => this.song(this.artist(genre, true, draws), draws)),
      ),
    );
  }

  /** The number of an artist whose main genre it is. */
  artist(genre: number, isFamous: boolean, draws: Draws): number {
    const rank = isFamous ? rankOf(this.#artists, draws) : draws.below(this.#artistCount);
    return genre * this.#artistCount + rank;
  }

  song(artist: number, draws: Draws): number {
    return artist * this.#songCount + rankOf(this.#songs, draws);
  }

  artistOf(song: number): number {
    return Math.floor(song / this.#songCount);
  }

  /** What the song is filed under. */
  genreOf(song: number): number {
    const genre = Math.floor(this.artistOf(song) / this.#artistCount);
    const mixed = Math.imul(song + 1, 0x9e3779b1) >>> 0;
    if (mixed % 100 >= strayPercent) return genre;
    return (genre + 1 + ((mixed >>> 8) % (this.genreCount - 1))) % this.genreCount;
  }
}

/** Sums of (rank + offset)^-skew over ranks 1, 2, …, scaled to end at 1. */
function cumulated(count: number, offset: number, skew: number): Float64Array {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += twin.exp(-skew * twin.log(rank + 1 + offset));
    sums[rank] = sum;
  }
  return sums.map((each) => each / sum);
}

/** By bisection: O(log count). */
function rankOf(sums: Float64Array, draws: Draws): number {
  const drawn = draws.uniform();
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] <= drawn) low = middle + 1;
    else high = middle;
  }
  return low;
}
