import { DuckDBInstance } from "@duckdb/node-api";
const n = Number(process.argv[2]), dir = process.argv[3];
const db = await DuckDBInstance.create(":memory:", {threads:"2"}); const c = await db.connect();
await c.run(`COPY (SELECT 'account-' || (r // 100 * 7919 % ${n}) AS ACCOUNT, md5(r::VARCHAR) AS ACCESS_TOKEN, 'device-' || (r//100*7919%${n}) || '-' || (hash(r) % 4) AS DEVICE_ID,
 'City of ' || (hash(r//100) % 5000 + hash(r+1)%3) AS GPS_CITY, 'S' || (hash(r//100) % 50) AS GPS_STATE, (10000 + hash(r//100) % 50000 + hash(r+2)%4)::VARCHAR AS GPS_ZIP_CODE,
 ['Monday','Tuesday','Wednesday','Thursday','Friday','Saturday','Sunday'][1+(hash(r+3)%7)::BIGINT] AS ACCESS_DAY, ['night','morning','afternoon','evening'][1+(hash(r+4)%4)::BIGINT] AS ACCESS_PART_DAY,
 TIMESTAMP '2024-01-01' + to_seconds((hash(r+5) % 31536000)::BIGINT) AS TIME FROM range(${n*100}) t(r) ORDER BY hash(r)) TO '${dir}/access.parquet' (FORMAT parquet)`);
await c.run(`COPY (SELECT 'account-' || (r//3 // 100 * 7919 % ${n}) AS ACCOUNT, md5((r//3)::VARCHAR) AS ACCESS_TOKEN, ['play','like','skip','download'][1+(hash(r)%4)::BIGINT] AS ACTION,
 'song-' || (hash(r+1)%200000) AS SONG_ID, 'artist-' || (hash(r+1)%20000) AS ARTIST_ID, 'list-' || (hash(r+2)%1000) AS PLAYLIST_ID, 'genre ' || (hash(r+1)%20) AS GENRE,
 TIMESTAMP '2024-01-01' + to_seconds((hash(r//3+5) % 31536000)::BIGINT + 60*(r%3)) AS TIME FROM range(${n*300}) t(r) ORDER BY hash(r)) TO '${dir}/actions.parquet' (FORMAT parquet)`);
