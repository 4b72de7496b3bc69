import { DuckDBInstance } from "@duckdb/node-api";
const db = await DuckDBInstance.create(":memory:", {threads:"2"}); const c = await db.connect();
const A="'/tmp/w/h2/p10k/access.parquet'";
await c.run(`create table account as select account, from (select distinct account from ${A}) order by account`);
await c.run(`create table s as select account.rowid::INTEGER as a, x.* from ${A} x join account using(account) order by a`);
console.log((await (await c.run("select count(*), count(distinct a), count(distinct access_token), min(n), max(n) from s, (select min(n) n from (select count(*) n from s group by a))")).getRows()));
for (const pre of [false,true]) for (const q of [`select account.account, t from account join (select a, string_agg(access_token, chr(31) order by rowid) t from s group by a) x on x.a=account.rowid order by account.rowid`]) {
let n=0,rows=0,nul=0;const lens={};
const r=await c.stream(q); let f=pre? r.fetchChunk():null; for(;;){const ch=pre? await f: await r.fetchChunk(); if(!ch||!ch.rowCount)break; if(pre) f=r.fetchChunk(); const v=ch.getColumnVector(1); for(let i=0;i<ch.rowCount;i++) {rows++; const s=v.getItem(i); const l=s.split("\x1f").length; lens[l]=(lens[l]||0)+1; n+=l;}} console.log(pre,rows,n,lens);}
