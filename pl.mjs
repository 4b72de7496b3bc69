import { placeAt, middleOf, timeZoneAt } from "./dist/event/places/places.js";
import { postalRows } from "./scripts/build-places.mjs"; import { gunzipSync } from "node:zlib"; import { readFileSync } from "node:fs";
let t=performance.now(); console.log(placeAt(37.751,-122.415), performance.now()-t);
for (const [a,b] of [[38.72,-9.14],[52.52,13.40],[90,0],[-90,10],[0,0],[0,-30],[-16.8,179.99],[-16.8,-179.99],[35.68,139.76],[NaN,1],[51.5,-0.12],[64.15,-21.94],[71.29,-156.79]]) console.log(a,b,placeAt(a,b));
for (const p of [{zip:"94110"},{zip:"94110",country:"US"},{zip:"10115"},{zip:"10115",city:"Berlin"},{city:"springfield"},{city:"sao paulo"},{city:"Lisboa"},{zip:"SW1A 1AA",country:"GB"},{zip:"94110-1234",state:"CA"},{city:"Los Angeles",state:"CA"},{city:"Tokyo"},{city:"London"},{city:"London",country:"GB"},{zip:"1000-001"}]) {t=performance.now(); console.log(p,middleOf(p),(performance.now()-t).toFixed(2));}
const rows=[...postalRows(gunzipSync(readFileSync("data/geonames/all_postal.tsv.gz")).toString())];
let s=12345; const rnd=()=>(s=(Math.imul(s,1664525)+1013904223)>>>0)/2**32;
for (const [name,set] of [["US",rows.filter(r=>r.country==="US")],["all",rows]]) { let z=0,c=0,st=0,co=0; const N=20000; const q=Array.from({length:N},()=>{const r=set[Math.floor(rnd()*set.length)]; return [r, r.lat+(rnd()-.5)*.01, r.lon+(rnd()-.5)*.01/Math.max(.1,Math.cos(r.lat*Math.PI/180))];});
t=performance.now(); for(const [r,la,lo] of q){const p=placeAt(la,lo); z+=p?.zip===r.zip; c+=p?.city===r.city; st+=(p?.state??"")===r.state; co+=p?.country===r.country;} console.log(name,((performance.now()-t)*1000/N).toFixed(1),"us", z/N,c/N,st/N,co/N);}
t=performance.now(); for(let i=0;i<20000;i++) placeAt(rnd()*180-90,rnd()*360-180); console.log("random",((performance.now()-t)*1000/20000).toFixed(1),"us");
t=performance.now(); for(let i=0;i<20000;i++) middleOf({zip:rows[Math.floor(rnd()*rows.length)].zip}); console.log("middle",((performance.now()-t)*1000/20000).toFixed(1),"us");
console.log(process.memoryUsage().rss/1e6);
