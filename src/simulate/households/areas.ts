/**
 * More places than `../places.ts` has: where people live, work, go and are seen, so that homes and work places of one region
 * are seldom the same by chance.
 *
 * GeoNames postal codes (as of March 2026, CC BY 4.0, geonames.org): city, state, postal code, and degrees of the area's middle.
 */
import { type Region, regions, type SimulatedPlace } from "../places.ts";
import { LocalClock } from "../zones.ts";

/** Places within about 20 km, and where its people have their holiday homes. */
export interface HomeRegion extends Region {
  readonly clock: LocalClock;
  readonly holiday: SimulatedPlace;
}

interface Addition {
  readonly holiday: string;
  /** A line each. */
  readonly more: string;
}

/** In the order of `regions`. */
const additions: readonly Addition[] = [
  // San Francisco
  {
    holiday: "South Lake Tahoe,CA,96150,38.917,-119.987",
    more: `
Richmond,CA,94804,37.926,-122.334
Berkeley,CA,94702,37.866,-122.285
Berkeley,CA,94707,37.893,-122.276
Berkeley,CA,94709,37.878,-122.266
Daly City,CA,94016,37.706,-122.462
San Francisco,CA,94127,37.735,-122.457
Alameda,CA,94502,37.735,-122.243
San Francisco,CA,94124,37.731,-122.389
Oakland,CA,94603,37.74,-122.171
Oakland,CA,94619,37.788,-122.188
Oakland,CA,94618,37.843,-122.24
Oakland,CA,94602,37.801,-122.21
South San Francisco,CA,94080,37.657,-122.424
San Francisco,CA,94118,37.781,-122.461
Albany,CA,94706,37.89,-122.295
San Francisco,CA,94158,37.769,-122.387`,
  },
  // Los Angeles
  {
    holiday: "San Diego,CA,92101,32.718,-117.159",
    more: `
Alhambra,CA,91801,34.091,-118.129
Los Angeles,CA,90045,33.963,-118.394
Los Angeles,CA,90024,34.064,-118.441
Los Angeles,CA,90023,34.025,-118.198
Bell Gardens,CA,90201,33.965,-118.151
Los Angeles,CA,90012,34.061,-118.239
Sun Valley,CA,91353,34.218,-118.37
Glendale,CA,91202,34.165,-118.266
Los Angeles,CA,90001,33.973,-118.248
Los Angeles,CA,90040,33.991,-118.153
Huntington Park,CA,90255,33.977,-118.216
South Pasadena,CA,91031,34.116,-118.15
Los Angeles,CA,90037,34.003,-118.286
Pasadena,CA,91104,34.168,-118.126
Los Angeles,CA,90036,34.07,-118.349
Los Angeles,CA,90068,34.116,-118.331`,
  },
  // Denver
  {
    holiday: "Aspen,CO,81611,39.195,-106.824",
    more: `
Denver,CO,80264,39.743,-104.986
Denver,CO,80210,39.679,-104.963
Denver,CO,80216,39.783,-104.967
Denver,CO,80229,39.867,-104.923
Denver,CO,80273,39.727,-104.987
Wheat Ridge,CO,80034,39.766,-105.077
Littleton,CO,80121,39.611,-104.953
Westminster,CO,80035,39.837,-105.037
Aurora,CO,80017,39.695,-104.788
Aurora,CO,80045,39.747,-104.838
Denver,CO,80237,39.643,-104.899
Denver,CO,80239,39.788,-104.829
Golden,CO,80402,39.755,-105.221
Commerce City,CO,80022,39.826,-104.911
Englewood,CO,80150,39.648,-104.988
Denver,CO,80223,39.7,-105.003`,
  },
  // Phoenix
  {
    holiday: "Sedona,AZ,86336,34.827,-111.751",
    more: `
Chandler,AZ,85246,33.306,-111.841
Paradise Valley,AZ,85253,33.549,-111.957
Phoenix,AZ,85009,33.456,-112.128
Gilbert,AZ,85234,33.353,-111.781
Tempe,AZ,85283,33.367,-111.931
Tempe,AZ,85280,33.401,-111.931
Tempe,AZ,85288,33.442,-111.924
Phoenix,AZ,85003,33.451,-112.077
Mesa,AZ,85203,33.437,-111.806
Phoenix,AZ,85044,33.329,-111.994
Phoenix,AZ,85028,33.585,-112.009
Scottsdale,AZ,85260,33.601,-111.887
Phoenix,AZ,85021,33.56,-112.093
Phoenix,AZ,85014,33.51,-112.056
Phoenix,AZ,85008,33.467,-111.998
Scottsdale,AZ,85252,33.499,-111.868`,
  },
  // Chicago
  {
    holiday: "Sister Bay,WI,54234,45.188,-87.114",
    more: `
Skokie,IL,60077,42.035,-87.754
Chicago,IL,60640,41.972,-87.662
Broadview,IL,60155,41.858,-87.856
Forest Park,IL,60130,41.874,-87.811
Chicago,IL,60607,41.872,-87.658
Chicago,IL,60611,41.897,-87.622
Chicago,IL,60686,41.876,-87.638
Chicago,IL,60641,41.945,-87.747
Franklin Park,IL,60131,41.934,-87.873
Melrose Park,IL,60164,41.921,-87.892
Chicago,IL,60612,41.88,-87.687
River Forest,IL,60305,41.895,-87.816
Chicago,IL,60618,41.946,-87.704
Chicago,IL,60631,41.995,-87.808
Chicago,IL,60657,41.94,-87.653
Lyons,IL,60534,41.813,-87.824`,
  },
  // New York
  {
    holiday: "Chatham,MA,02633,41.689,-69.972",
    more: `
New York,NY,10121,40.75,-73.992
New York,NY,10278,40.715,-74.004
Astoria,NY,11102,40.771,-73.927
New York,NY,10003,40.731,-73.989
Brooklyn,NY,11237,40.701,-73.918
New York,NY,10035,40.801,-73.937
New York,NY,10167,40.755,-73.975
East Elmhurst,NY,11369,40.761,-73.874
Brooklyn,NY,11201,40.694,-73.99
Jackson Heights,NY,11372,40.751,-73.883
Maspeth,NY,11378,40.724,-73.9
Weehawken,NJ,07086,40.768,-74.021
New York,NY,10014,40.734,-74.005
New York,NY,10021,40.769,-73.959
Ridgewood,NY,11385,40.704,-73.896
Brooklyn,NY,11206,40.701,-73.944`,
  },
  // Boston
  {
    holiday: "Chatham,MA,02633,41.689,-69.972",
    more: `
Boston,MA,02111,42.35,-71.063
Roxbury Crossing,MA,02120,42.331,-71.091
Watertown,MA,02471,42.371,-71.183
Chelsea,MA,02150,42.396,-71.032
Boston,MA,02115,42.343,-71.092
Dorchester Center,MA,02124,42.292,-71.072
Boston,MA,02113,42.366,-71.056
Boston,MA,02128,42.364,-71.026
Newton Center,MA,02459,42.334,-71.183
Waverley,MA,02479,42.388,-71.183
Newtonville,MA,02460,42.352,-71.208
Boston,MA,02127,42.335,-71.037
West Roxbury,MA,02132,42.279,-71.159
Brookline,MA,02446,42.343,-71.123
Medford,MA,02155,42.417,-71.109
Boston,MA,02298,42.382,-71.032`,
  },
  // London
  {
    holiday: "Hollingbury,ENG,BN1,50.861,-0.12",
    more: `
High Holborn,ENG,WC1,51.526,-0.122
North Dulwich,ENG,SE24,51.454,-0.098
Hackney,ENG,E20,51.547,-0.01
Kensington & Chelsea,ENG,W14,51.495,-0.218
Honor Oak,ENG,SE22,51.454,-0.072
Regents Park,ENG,NW1,51.53,-0.147
South Hackney,ENG,E9,51.54,-0.046
Bayswater,ENG,W2,51.511,-0.184
Cannon Street,ENG,EC4,51.513,-0.122
Newington,ENG,SE1,51.499,-0.09
Golders Green,ENG,NW11,51.576,-0.2
City of Westminster,ENG,W1A,51.5,-0.117
London,ENG,EC4N,51.514,-0.094
Upton Park,ENG,E6,51.531,0.041
Newham,ENG,N81,51.566,-0.077
Lewisham,ENG,SE13,51.464,-0.012`,
  },
  // Manchester
  {
    holiday: "Halsetown,ENG,TR26,50.194,-5.495",
    more: `
Heaton Moor,ENG,SK4,53.419,-2.181
Heaviley,ENG,SK2,53.395,-2.133
Eccles,ENG,M30,53.483,-2.333
Broadheath,ENG,WA14,53.4,-2.35
Bramhall,ENG,SK7,53.358,-2.165
Moss Nook,ENG,M22,53.386,-2.26
Salford,ENG,M5,53.479,-2.286
Trafford Park,ENG,M17,53.469,-2.312
Oldham,ENG,OL1,53.541,-2.118
Swinton,ENG,M27,53.511,-2.335
Prestwich,ENG,M25,53.533,-2.283
Ashton-under-Lyne,ENG,OL7,53.489,-2.099
Levenshulme,ENG,M12,53.444,-2.192
Manchester,ENG,M9,53.522,-2.214
Manchester,ENG,M14,53.448,-2.226
Urmston,ENG,M41,53.449,-2.354`,
  },
  // Berlin
  {
    holiday: "Binz,MV,18609,54.383,13.617",
    more: `
Berlin,BE,10787,52.508,13.344
Berlin,BE,14195,52.459,13.283
Berlin,BE,12103,52.464,13.375
Berlin,BE,12359,52.447,13.453
Berlin,BE,12309,52.391,13.417
Berlin,BE,13629,52.542,13.266
Berlin,BE,12351,52.433,13.456
Berlin,BE,12437,52.462,13.482
Berlin,BE,13059,52.581,13.522
Berlin,BE,12165,52.456,13.315
Berlin,BE,12057,52.468,13.463
Berlin,BE,12459,52.466,13.528
Teltow,BB,14513,52.403,13.26
Berlin,BE,13055,52.54,13.496
Berlin,BE,12157,52.465,13.346
Berlin Friedrichshain,BE,10249,52.524,13.443`,
  },
  // Munich
  {
    holiday: "Garmisch-Partenkirchen,BY,82467,47.492,11.096",
    more: `
München,BY,81667,48.129,11.598
München,BY,80797,48.161,11.559
München,BY,81243,48.147,11.451
Gauting,BY,82131,48.069,11.377
Ismaning,BY,85737,48.233,11.683
München,BY,80999,48.185,11.464
München,BY,81369,48.112,11.531
München,BY,81671,48.122,11.62
München,BY,80935,48.204,11.559
Ottobrunn,BY,85521,48.065,11.663
Baierbrunn,BY,82065,48.02,11.487
Germering,BY,82110,48.134,11.377
München,BY,81543,48.12,11.573
München,BY,81375,48.119,11.492
München,BY,81479,48.092,11.539
München,BY,80539,48.15,11.583`,
  },
  // Sydney
  {
    holiday: "Suffolk Park,NSW,2481,-28.688,153.61",
    more: `
Brighton-Le-Sands,NSW,2216,-33.96,151.151
Randwick,NSW,2031,-33.914,151.249
Belfield,NSW,2191,-33.904,151.085
Kingsford,NSW,2032,-33.924,151.227
Rose Bay,NSW,2029,-33.869,151.271
Belmore,NSW,2192,-33.919,151.089
Forestville,NSW,2087,-33.767,151.208
Ashbury,NSW,2193,-33.898,151.12
Peakhurst,NSW,2210,-33.963,151.052
Balmain,NSW,2041,-33.855,151.183
Kogarah Bay,NSW,2217,-33.98,151.121
Waverley,NSW,2024,-33.902,151.256
Revesby,NSW,2212,-33.95,151.017
Stanmore,NSW,2048,-33.894,151.164
Darling Harbour,NSW,2000,-33.868,151.2
Golden Grove,NSW,2008,-33.889,151.196`,
  },
];

const clocks = new Map(regions.map(({ zone }) => [zone, new LocalClock(zone)]));

export const homeRegions: readonly HomeRegion[] = regions.map((region, at) => ({
  ...region,
  places: [...region.places, ...additions[at].more.trim().split("\n").map(parsePlace)],
  clock: clocks.get(region.zone) as LocalClock, // made for every region's zone
  holiday: parsePlace(additions[at].holiday),
}));

function parsePlace(line: string): SimulatedPlace {
  const [city, state, zip, latitude, longitude] = line.split(",");
  return { city, state, zip, latitude: Number(latitude), longitude: Number(longitude) };
}
