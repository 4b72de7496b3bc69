// The twin of the factorisation machine's learning kernel, for bench/fmKernel.ts: the same steps on the
// same data, planes as in the table, rows given. Usage: fmKernel IDS LABELS ID_COUNT; prints processor seconds
// and the sum of the logits before each step.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

constexpr int dim = 16;
constexpr int featureCount = 39;
constexpr double alpha = 0.05, beta = 1, l1 = 0, l2 = 0;
constexpr float rate = 0.02f, vectorL2 = 1e-6f;

struct alignas(64) Vector {
  float d[dim];
};
struct State {
  float z, n;
};

static double ftrlWeight(double z, double root) {
  if (std::fabs(z) <= l1) return 0;
  return -(z - std::copysign(l1, z)) / ((beta + root) / alpha + l2);
}

template <class T>
static std::vector<T> readAll(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  const T *begin = reinterpret_cast<const T *>(bytes.data());
  return std::vector<T>(begin, begin + bytes.size() / sizeof(T));
}

int main(int, char **argv) {
  const auto ids = readAll<uint32_t>(argv[1]);
  const auto labels = readAll<uint8_t>(argv[2]);
  const size_t rows = std::strtoull(argv[3], nullptr, 10) + 1;
  Vector start, ones;
  for (int d = 0; d < dim; d++) start.d[d] = 0.01f, ones.d[d] = 1.0f;
  std::vector<Vector> vectors(rows, start), accumulators(rows, ones);
  std::vector<float> weights(rows, 0.0f);
  std::vector<State> states(rows, State{0, 0});
  double bias = 0, biasZ = 0, biasN = 0, checksum = 0;

  const std::clock_t begin = std::clock();
  for (size_t example = 0; example < labels.size(); example++) {
    const uint32_t *row = &ids[example * featureCount];
    for (int i = 0; i < featureCount; i++) {
      __builtin_prefetch(&vectors[row[i]]);
      __builtin_prefetch(&accumulators[row[i]]);
      __builtin_prefetch(&weights[row[i]]);
      __builtin_prefetch(&states[row[i]]);
    }
    double linear = 0;
    float sum[dim] = {}, squares[dim] = {};
    for (int i = 0; i < featureCount; i++) {
      linear += weights[row[i]];
      for (int d = 0; d < dim; d++) {
        const float t = vectors[row[i]].d[d];
        sum[d] += t;
        squares[d] += t * t;
      }
    }
    float pairs = 0;
    for (int d = 0; d < dim; d++) pairs += sum[d] * sum[d] - squares[d];
    const double logit = bias + linear + 0.5 * pairs;
    checksum += logit;
    const double slope = 1 / (1 + std::exp(-logit)) - labels[example];

    const double biasNext = biasN + slope * slope, biasRoot = std::sqrt(biasNext);
    biasZ += slope - (biasRoot - std::sqrt(biasN)) / alpha * bias;
    biasN = biasNext;
    bias = ftrlWeight(biasZ, biasRoot);

    for (int i = 0; i < featureCount; i++) {
      State &state = states[row[i]];
      const double nNext = state.n + slope * slope, root = std::sqrt(nNext);
      const double z = state.z + (slope - (root - std::sqrt((double)state.n)) / alpha * weights[row[i]]);
      state.z = z;
      state.n = nNext;
      weights[row[i]] = ftrlWeight(z, root);
      float *v = vectors[row[i]].d, *a = accumulators[row[i]].d;
      for (int d = 0; d < dim; d++) {
        const float g = (float)slope * (sum[d] - v[d]) + vectorL2 * v[d];
        a[d] += g * g;
        v[d] -= rate * g / std::sqrt(a[d]);
      }
    }
  }
  const double seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%.6f %.6f\n", seconds, checksum);
}
