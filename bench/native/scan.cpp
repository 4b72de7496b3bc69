// The time to read bytes, for bench/scan.ts: sums f32 as fast as memory gives them.
//
// Usage: scan FILE BYTES; prints seconds and the sum of the file's first bytes. Before the clock starts, as
// many other bytes are read: what is in the caches then is not what will be summed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

// 64 bytes: one register of AVX-512, and what the compiler makes of it elsewhere.
typedef float Lanes __attribute__((vector_size(64)));

// Several sums, so that no addition waits for the one before, and several streams: at the end of each
// page of 4 KiB the processor's prefetcher stops and starts again, but not at all streams at once.
static float sum(const Lanes *from, size_t count) {
  constexpr size_t streams = 2, unroll = 4; // of 1 to 8 each the quickest, by a little, on a Zen 4
  const size_t part = count / streams / unroll * unroll;
  Lanes sums[streams][unroll] = {};
  for (size_t i = 0; i < part; i += unroll) {
    for (size_t s = 0; s < streams; s++) {
      for (size_t u = 0; u < unroll; u++) sums[s][u] += from[s * part + i + u];
    }
  }
  Lanes total = {};
  for (size_t i = streams * part; i < count; i++) total += from[i];
  for (size_t s = 0; s < streams; s++) {
    for (size_t u = 0; u < unroll; u++) total += sums[s][u];
  }
  float all = 0;
  for (int lane = 0; lane < 16; lane++) all += total[lane];
  return all;
}

static double seconds() {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const size_t bytes = std::strtoull(argv[2], nullptr, 10), rounded = (bytes + 63) / 64 * 64;
  std::ifstream file(argv[1], std::ios::binary);
  auto *plane = static_cast<Lanes *>(std::aligned_alloc(64, rounded));
  auto *other = static_cast<Lanes *>(std::aligned_alloc(64, rounded));
  std::memset(plane, 0, rounded);
  std::memset(other, 1, rounded);
  if (!file.read(reinterpret_cast<char *>(plane), bytes)) return 2;
  const float waste = sum(other, rounded / 64);
  const double begin = seconds();
  const float result = sum(plane, rounded / 64);
  const double end = seconds();
  // The third number says nothing, but what nobody asks for the compiler leaves out.
  std::printf("%.9f %.6f %g\n", end - begin, result, waste);
}
