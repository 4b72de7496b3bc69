import { dayMs, withRoom } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import type { Draws } from "./draws.ts";
import { dim, normalise } from "./tastes.ts";
import { adjectives, genres, moods, nouns } from "./words.ts";

/** Items an artist has, on the mean, at the start. */
const itemsPerArtist = 6;
/** Of the items that come later: by an artist that nobody knew. */
const newArtistShare = 0.2;
/** The first artists have more items than the last: an artist's place among them is u·(1 − s + s·u), u even in [0, 1). */
const artistSkew = 0.7;
/** Standard deviation of an item's quality, in logits. */
const qualitySigma = 0.5;
/** How far an item is from what its artist mostly does. */
const artistSpread = 0.25;
/** A second genre is named from this component on. */
const secondGenreMin = 0.3;
/** The oldest item of the start was released this long before it. */
const pastDays = 3650;

/** Shares of genres as the main one of an artist: a few large, many small. */
const genreWeights = genres.map((_, genre) => 1 / (genre + 3));

/** Items and artists, by number. About 200 bytes an item. */
export class Catalogue {
  count = 0;
  /** Shape (count, dim): each of unit length. */
  readonly vectors: Float64Array[] = [];
  /** In logits. */
  quality = new Float64Array(16);
  /** Epoch milliseconds. */
  released = new Float64Array(16);
  lengthSeconds = new Float64Array(16);
  mainGenre = new Int32Array(16);
  #artists = new Int32Array(16);
  readonly #artistVectors: Float64Array[] = [];
  readonly #start: number;

  constructor(itemCount: number, start: number, draws: Draws) {
    this.#start = start;
    for (let i = 0; i < Math.ceil(itemCount / itemsPerArtist); i++) this.#addArtist(draws);
    for (let i = 0; i < itemCount; i++) {
      const age = draws.uniform();
      const released = start - Math.floor(age * age * pastDays * dayMs) - 1;
      this.#add(released, this.#drawArtist(draws), draws);
    }
  }

  /** A new item; gives its number. */
  release(time: number, draws: Draws): number {
    if (draws.chance(newArtistShare)) {
      this.#addArtist(draws);
      this.#add(time, this.#artistVectors.length - 1, draws);
    } else {
      this.#add(time, this.#drawArtist(draws), draws);
    }
    return this.count - 1;
  }

  artistName(item: number): string {
    return `r${this.#artists[item] + 1}`;
  }

  /**
   * What tells of the item. Title, caption and tags follow from the number alone, so that nothing of
   * them is kept; those of the start are told at the start.
   */
  describe(item: number): Event {
    const vector = this.vectors[item];
    const main = this.mainGenre[item];
    const second = secondGenre(vector, main);
    const categories = second < 0 ? genres[main] : `${genres[main]}|${genres[second]}`;
    const adjective = adjectives[item % adjectives.length];
    const noun = nouns[Math.floor(item / adjectives.length) % nouns.length];
    const round = Math.floor(item / (adjectives.length * nouns.length));
    const title = round === 0 ? `${adjective} ${noun}` : `${adjective} ${noun} ${round + 1}`;
    const mood = moods[(item * 7) % moods.length];
    const otherMood = moods[(item * 5 + 3) % moods.length];
    return {
      type: "item_set",
      time: Math.max(this.released[item], this.#start),
      item: itemName(item),
      artist: this.artistName(item),
      context: {
        title,
        categories,
        released: yearOf(this.released[item]),
        lengthSeconds: this.lengthSeconds[item],
        caption: `${title}, for ${mood} and ${otherMood} #${mood} #${genres[main]}`,
        hashtags: `${mood}|${genres[main]}`,
        keywords: `${adjective.toLowerCase()}|${noun.toLowerCase()}|${otherMood}`,
      },
    };
  }

  #add(released: number, artist: number, draws: Draws): void {
    const item = this.count++;
    this.quality = withRoom(this.quality, this.count);
    this.released = withRoom(this.released, this.count);
    this.lengthSeconds = withRoom(this.lengthSeconds, this.count);
    this.mainGenre = withRoom(this.mainGenre, this.count);
    this.#artists = withRoom(this.#artists, this.count);
    const vector = this.#artistVectors[artist].slice();
    for (let i = 0; i < dim; i++) vector[i] += artistSpread * draws.normal();
    normalise(vector);
    this.vectors.push(vector);
    this.#artists[item] = artist;
    this.quality[item] = qualitySigma * draws.normal();
    this.released[item] = released;
    this.lengthSeconds[item] = Math.round(120 + 100 * draws.logNormal(0.4)); // 2 minutes and something
    this.mainGenre[item] = largest(vector);
  }

  #drawArtist(draws: Draws): number {
    const u = draws.uniform();
    return Math.floor(this.#artistVectors.length * u * (1 - artistSkew + artistSkew * u));
  }

  #addArtist(draws: Draws): void {
    const vector = new Float64Array(dim);
    for (let i = 0; i < dim; i++) vector[i] = 0.12 * draws.normal();
    vector[draws.index(genreWeights)] += 1;
    if (draws.chance(0.6)) vector[draws.index(genreWeights)] += 0.5;
    normalise(vector);
    this.#artistVectors.push(vector);
  }
}

export function itemName(item: number): string {
  return `i${item + 1}`;
}

/** With the part of the year that is over, to about nine hours. */
function yearOf(time: number): number {
  const year = new Date(time).getUTCFullYear();
  const begin = Date.UTC(year, 0, 1);
  return year + Math.round(((time - begin) / (Date.UTC(year + 1, 0, 1) - begin)) * 1000) / 1000;
}

function largest(vector: Float64Array): number {
  let best = 0;
  for (let i = 1; i < dim; i++) if (vector[i] > vector[best]) best = i;
  return best;
}

/** -1 where none is strong enough. */
function secondGenre(vector: Float64Array, main: number): number {
  let best = -1;
  for (let i = 0; i < dim; i++) {
    if (i !== main && vector[i] >= secondGenreMin && (best < 0 || vector[i] > vector[best]))
      best = i;
  }
  return best;
}
