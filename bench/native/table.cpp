// The rival of the embedding table, for bench/table.ts: libcuckoo from 64-bit keys to row numbers, and
// the same rows in planes, a chunk at a time. One thread. Built with NDEBUG: no assertions of libcuckoo's.
//
// Usage: table DIRECTORY DIM PART KEY_COUNT shared|locked; the directory holds what bench/lib/tableInput.ts writes.
// PART fill: insert all keys, find, update by key, step by row; zipf or uniform: find or insert a stream.
// Prints a line a case: name, seconds, hash of the keys whose rows came back, sum of some vectors.
#include <libcuckoo/cuckoohash_map.hh>

#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

constexpr uint64_t seed = 1;
constexpr size_t batch = 1024;
constexpr uint32_t chunkLog2 = 12, chunkRows = 1 << chunkLog2;
constexpr float scale = 0.05f, accumulatorStart = 1, rate = 0.02f;

static inline uint64_t rotateRight(uint64_t v, int by) { return (v >> by) | (v << (64 - by)); }

// As the table mixes its keys (Evensen's rrmxmx).
static inline uint64_t mix(uint64_t key, uint64_t with) {
  uint64_t v = key ^ with;
  v ^= rotateRight(v, 49) ^ rotateRight(v, 24);
  v *= 0x9fb21c651e98df25;
  v = (v ^ (v >> 28)) + rotateRight(with, 32);
  v *= 0x9fb21c651e98df25;
  return v ^ (v >> 28);
}

struct Mixer {
  size_t operator()(uint64_t key) const { return mix(key, seed); }
};

struct State {
  float z, n;
};

template <int dim>
struct Rows {
  struct Chunk {
    float vectors[chunkRows][dim];
    float accumulators[chunkRows][dim];
    float weights[chunkRows];
    State states[chunkRows];
  };
  std::vector<Chunk *> chunks;

  float *vector(uint32_t row) const { return chunks[row >> chunkLog2]->vectors[row & (chunkRows - 1)]; }
  float *accumulator(uint32_t row) const {
    return chunks[row >> chunkLog2]->accumulators[row & (chunkRows - 1)];
  }

  void start(uint32_t row, uint64_t key) {
    if ((row >> chunkLog2) == chunks.size()) {
      chunks.push_back(static_cast<Chunk *>(std::aligned_alloc(64, sizeof(Chunk))));
    }
    Chunk &chunk = *chunks[row >> chunkLog2];
    const uint32_t place = row & (chunkRows - 1);
    const uint64_t first = mix(key, seed ^ 0x243f6a8885a308d3);
    float *v = chunk.vectors[place], *a = chunk.accumulators[place];
    for (int d = 0; d < dim; d += 2) {
      // SplitMix64, 24 bits a component.
      uint64_t bits = first + (d / 2 + 1) * 0x9e3779b97f4a7c15;
      bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
      bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
      bits ^= bits >> 31;
      v[d] = (float((uint32_t)(bits >> 40)) * 0x1p-23f - 1) * scale;
      v[d + 1] = (float((uint32_t)(bits >> 16) & 0xffffff) * 0x1p-23f - 1) * scale;
    }
    for (int d = 0; d < dim; d++) a[d] = accumulatorStart;
    chunk.weights[place] = 0;
    chunk.states[place] = State{0, 0};
  }

  void prefetch(uint32_t row) const {
    const char *v = (const char *)vector(row), *a = (const char *)accumulator(row);
    for (int at = 0; at < dim * 4; at += 64) {
      __builtin_prefetch(v + at, 1);
      __builtin_prefetch(a + at, 1);
    }
  }

  // Adagrad.
  void step(uint32_t row, const float *g) {
    float *v = vector(row), *a = accumulator(row);
    for (int d = 0; d < dim; d++) {
      a[d] += g[d] * g[d];
      v[d] -= rate * g[d] / std::sqrt(a[d]);
    }
  }
};

template <class T>
static std::vector<T> readAll(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) std::fprintf(stderr, "can't read %s\n", path.c_str()), std::exit(1);
  std::vector<T> values(size_t(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(values.data()), values.size() * sizeof(T));
  return values;
}

using Keys = std::vector<uint64_t>;
using Numbers = std::vector<uint32_t>;

using Map = libcuckoo::cuckoohash_map<uint64_t, uint32_t, Mixer>;

// As threads share it: two locks of stripes around every call.
struct Shared {
  Map map;

  uint32_t find(uint64_t key) {
    uint32_t row = 0;
    map.find_fn(key, [&row](const uint32_t &found) { row = found; });
    return row;
  }

  // The key's row: an old one, or `next`.
  uint32_t findOrInsert(uint64_t key, uint32_t next) {
    uint32_t row = next;
    map.uprase_fn(key, [&row](uint32_t &old) { row = old; return false; }, next);
    return row;
  }
};

// All locks taken once: nobody else can read as long as it lives.
struct Locked {
  Map map;
  Map::locked_table table = map.lock_table();

  uint32_t find(uint64_t key) {
    auto at = table.find(key);
    return at == table.end() ? 0 : (*at).second;
  }

  uint32_t findOrInsert(uint64_t key, uint32_t next) {
    return (*table.insert(key, next).first).second;
  }
};

template <int dim, class Index>
struct Table {
  Index index;
  Rows<dim> rows;
  uint32_t next = 1;
  Keys keyOf{0};

  void find(const uint64_t *keys, uint32_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = index.find(keys[i]);
  }

  void observe(const uint64_t *keys, uint32_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
      out[i] = index.findOrInsert(keys[i], next);
      if (out[i] == next) rows.start(next++, keys[i]);
    }
  }

  // An update by key finds all rows of the batch first: prefetching each as it is found is slower.
  void update(const uint32_t *numbers, const float *gradients, size_t count) {
    constexpr size_t ahead = 16;
    for (size_t i = 0; i < count; i++) {
      if (i + ahead < count) rows.prefetch(numbers[i + ahead]);
      rows.step(numbers[i], gradients + i * dim);
    }
  }

  // Calls use(from, count) for every batch, and prints what came of it.
  template <class Use>
  void measure(const std::string &name, const Keys &asked, Numbers &out, const Keys &all, Use use) {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t from = 0; from < asked.size(); from += batch) {
      use(from, std::min(batch, asked.size() - from));
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    uint32_t hash = 0;
    for (size_t i = 0; i < asked.size(); i++) {
      if (out[i] == keyOf.size()) keyOf.push_back(asked[i]);
      const uint64_t key = out[i] < keyOf.size() ? keyOf[out[i]] : 0;
      hash = (hash ^ uint32_t(key)) * 0x01000193;
      hash = (hash ^ uint32_t(key >> 32)) * 0x01000193;
    }
    double sum = 0;
    for (size_t i = 0; i < all.size(); i += std::max<size_t>(1, all.size() / 1000)) {
      uint32_t row = 0;
      find(&all[i], &row, 1);
      for (int d = 0; row != 0 && d < dim; d++) sum += rows.vector(row)[d];
    }
    std::printf("%s %.9f %" PRIu32 " %.9g\n", name.c_str(), seconds.count(), hash, sum);
  }
};

template <int dim, class Index>
static int run(const std::string &directory, const std::string &part, size_t keyCount) {
  Table<dim, Index> table;
  Keys all = readAll<uint64_t>(directory + "/keys");
  all.resize(keyCount);
  if (part != "fill") {
    const Keys stream = readAll<uint64_t>(directory + "/observe-" + part);
    Numbers out(stream.size(), ~0u);
    table.measure("observe/" + part, stream, out, all, [&](size_t from, size_t count) {
      table.observe(&stream[from], &out[from], count);
    });
    return 0;
  }
  Numbers out(all.size(), ~0u);
  table.measure("insert/any", all, out, all, [&](size_t from, size_t count) {
    table.observe(&all[from], &out[from], count);
  });
  const std::string streams[] = {"zipf", "uniform"};
  for (const std::string &stream : streams) {
    const Keys asked = readAll<uint64_t>(directory + "/find-" + stream);
    Numbers found(asked.size(), ~0u);
    table.measure("find/" + stream, asked, found, all, [&](size_t from, size_t count) {
      table.find(&asked[from], &found[from], count);
    });
  }
  const auto gradients = readAll<float>(directory + "/gradients");
  for (const std::string &stream : streams) {
    const Keys asked = readAll<uint64_t>(directory + "/find-" + stream);
    Numbers found(asked.size(), ~0u);
    table.measure("update/" + stream, asked, found, all, [&](size_t from, size_t count) {
      table.find(&asked[from], &found[from], count);
      table.update(&found[from], gradients.data(), count);
    });
    table.measure("step/" + stream, asked, found, all, [&](size_t from, size_t count) {
      table.update(&found[from], gradients.data(), count);
    });
  }
  return 0;
}

template <class Index>
static int runDim(int dim, const std::string &directory, const std::string &part, size_t keyCount) {
  switch (dim) {
    case 8: return run<8, Index>(directory, part, keyCount);
    case 16: return run<16, Index>(directory, part, keyCount);
    case 32: return run<32, Index>(directory, part, keyCount);
    case 64: return run<64, Index>(directory, part, keyCount);
  }
  return 2;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  const int dim = std::atoi(argv[2]);
  const size_t keyCount = std::strtoull(argv[4], nullptr, 10);
  const bool isLocked = std::string(argv[5]) == "locked";
  return isLocked ? runDim<Locked>(dim, argv[1], argv[3], keyCount)
                  : runDim<Shared>(dim, argv[1], argv[3], keyCount);
}
