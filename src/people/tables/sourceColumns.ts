import type { AccessColumn, ActionColumn } from "../accountSessions.ts";

/** Which column of the table a column of `AccountSessions` comes from. */
export const accessSource: Record<AccessColumn, string> = {
  device: "device_id",
  city: "gps_city",
  state: "gps_state",
  zip: "gps_zip_code",
  day: "access_day",
  part: "access_part_day",
};
export const actionSource: Record<ActionColumn, string> = {
  action: "action",
  song: "song_id",
  artist: "artist_id",
  playlist: "playlist_id",
  genre: "genre",
};
