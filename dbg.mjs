import { Staging, groupAccounts, Refusals, stageFile, defaultDayParts } from "./dist/people/index.js";
const dir = process.argv[2];
const staging = await Staging.open(); const refusals = new Refusals();
await stageFile(staging,"access",dir+"/access.parquet",{refusals}); await stageFile(staging,"action",dir+"/actions.parquet",{refusals});
const g = await groupAccounts(staging,{dayParts:defaultDayParts,places:undefined,refusals});
let n=0,acc=0; const lens={};
for await (const b of g.batches()) for (const a of b.accounts){acc++; lens[a.tokens.length]=(lens[a.tokens.length]||0)+1; if(a.tokens.length!==100 && n++<2) console.log(a.account,a.tokens.slice(0,5).map(x=>JSON.stringify(x)));}
console.log(acc,lens,refusals.list());  await staging.close();
