/**
 * What was played, as far as an account's data say, with times or without; each kind of data has weights of its own. `Once`: things that
 * people have once, such as films, so that nearly nothing comes again in another session.
 */
export const dataKinds = [
  "genreArtist",
  "genre",
  "genreOnce",
  "artist",
  "song",
  "access",
  "genreArtistNoTime",
  "genreNoTime",
  "genreOnceNoTime",
  "artistNoTime",
  "songNoTime",
  "accessNoTime",
] as const;
export type DataKind = (typeof dataKinds)[number];
