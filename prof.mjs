import { Staging, groupAccounts, Refusals, stageFile, defaultDayParts } from "./dist/people/index.js";
const dir = process.argv[2]; const t0=performance.now(); const el=()=>((performance.now()-t0)/1000).toFixed(2);
const staging = await Staging.open(); const refusals = new Refusals();
await stageFile(staging,"access",dir+"/access.parquet",{refusals}); await stageFile(staging,"action",dir+"/actions.parquet",{refusals});
const g = await groupAccounts(staging,{dayParts:defaultDayParts,places:undefined,refusals,onStep:(s)=>console.log(el(),process.cpuUsage().user/1e6,s)});
console.log(el(),process.cpuUsage().user/1e6,"grouped", g.accountCount, g.rowCount); let n=0,sum=0,first=true;
for await (const b of g.batches()) { if(first){console.log(el(),process.cpuUsage().user/1e6,"first batch");first=false;} for (const a of b.accounts){n+=a.tokens.length; for (const c of a.actions[1]) sum=(sum*31+c)|0; for(const c of a.columns) sum=(sum*31+c)|0;} }
console.log(el(),process.cpuUsage().user/1e6,"done",n,sum,Math.round(process.memoryUsage().rss/1e6),"MB"); await staging.close();
