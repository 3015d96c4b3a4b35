// The arguments of every kernel. src/exec/cuda/arguments.rs has the same structs in Rust; the tests compare their sizes.
//
// All that a fit has on its device lies in one block of memory, the arena. A Place is the index of an f32 in it; what
// lies there as whole numbers is read through a pointer to uint or int. Pictures are blocked by channel,
// [blocks][height][width][8], as in exec/plan/value.rs: physical channel c is lane c % 8 of block c / 8. Dead channels,
// those that no logical channel lies in, hold 0; kernels that write a picture write them too.
//
// "Lanes" are a table of ints with a number for each physical channel: its logical channel, or -1 where it is dead.
//
// "Store" is how a kernel leaves its result: STORE_OVERWRITE replaces what is there, STORE_ADD adds to it.
//
// A kernel that sums over blocks writes the sums of each block to `partial`; the block that is done last, which
// `counter` finds (one uint, 0 before and after), adds them in the order of the blocks, so that no result depends on
// the order in which blocks run.
//
// Pictures, packed weights, statistics, coefficients and the partial sums of convolutions begin at multiples of 4 f32s,
// since they are read 16 bytes at a time. Tables, parameters and results may lie anywhere.
#pragma once

typedef ulong64 Place;

CONSTANT int LANES = 8;
CONSTANT int STORE_OVERWRITE = 0, STORE_ADD = 1;
CONSTANT int PADDING_ZERO = 0, PADDING_REFLECTION = 1;
CONSTANT float LEAKY_SLOPE = 0.2f;
// The threads of a block of every kernel that works sample by sample, and of those that sum.
CONSTANT int THREADS = 256;

// What readers see of a stored picture: x * factor[c] + offset[c] for physical channel c (where has_norm is 1), then
// the leaky ReLU (where is_leaky is 1).
struct View {
    Place factor, offset;
    int has_norm, is_leaky;
};

// What an iteration is told, and what it leaves behind. At `control` lie two uints: the iteration, which all draws are
// keyed by, and the index of the row in the tables of rates and of scalars. `advance` adds 1 to both.
struct Control {
    Place control;
    // Rows of RATE_COLUMNS f32s, see the constants.
    Place rates;
    // Rows of SCALAR_COLUMNS f32s: loss, data term, risk, deviation.
    Place scalars;
};
CONSTANT int RATE_COLUMNS = 8;
// Columns of a row of rates: Adam's two factors (exec/rules.rs, adam::Factors), Muon's rate, the weight of the past in
// the moving average and in the exponential mean, and 1 where there are pictures already (else 0).
CONSTANT int RATE_ADAM = 0, RATE_ADAM_SCALE = 1, RATE_MUON = 2, RATE_AVERAGE = 3, RATE_MEAN = 4, RATE_HAS_PICTURES = 5;
CONSTANT int SCALAR_COLUMNS = 4;
CONSTANT int SCALAR_LOSS = 0, SCALAR_DATA_TERM = 1, SCALAR_RISK = 2, SCALAR_DEVIATION = 3;

// ---- convolutions (conv.h, weight_gradient.h, fold.h, pack.h) ----

// out[o][y][x] = bias[o] + sum over i, dy, dx of weights[i, dy, dx, o] * in(i, y * stride + dy - border, x * stride + dx - border)
// where `in` is the view of the input with its rows and columns `dilation` apart and zeros between them (dilation is 1
// or 2), and beyond its borders zeros or its mirror image (padding as graph/padding.rs; with a dilation of 2 only zeros).
// weights: [out group of 32][in block][tap dy * side + dx][8 lanes of the input][32 outputs], 0 for dead channels.
// `side` is that of the kernel. Every physical channel of the output is written. bias has `bias_channels` numbers, of the first physical channels;
// the others have none.
// Grid: (tiles of 32 columns, tiles of rows, groups of 32 outputs).
//   conv1_tall, conv3_tall: kernel 1 or 3, stride 1, 8 rows;  conv1_flat, conv3_flat: the same, 2 rows;
//   conv3_stride2: kernel 3, stride 2, dilation 1, 4 rows;    conv_any: any odd kernel, stride 1 or 2, 4 rows.
struct ConvArgs {
    Place input, output, weights, bias;
    View view;
    int in_blocks, out_blocks;
    // Of the input without what dilation and padding add.
    int in_height, in_width;
    int height, width;
    int side, stride, dilation, border, padding;
    int bias_channels;
    int store;
};
CONSTANT int CONV_THREADS = 128, CONV_COLUMNS = 32, CONV_OUTPUTS = 32;
CONSTANT int CONV_TALL_ROWS = 8, CONV_FLAT_ROWS = 2, CONV_OTHER_ROWS = 4;

// result[o][i][dy][dx] = sum over y, x of by_output[o][y][x] * in(i, y * stride + dy - border, x * stride + dx - border)
// for the logical channels; overwrites. by_output has its channels in order (physical = logical for the first
// out_channels). in_lanes are those of the input.
// Each block sums over every `chunks`-th tile of pixels, for one block of inputs and a group of 32 outputs.
// partial: chunks * in_blocks * groups * (side * side * 8 * 32) f32s; counters: one for each (in block, group), and
// for weights_any for each (tap, in block, group).
// Grid: (chunks, in_blocks, groups of 32 outputs); for weights_any (chunks, in_blocks * side * side, groups).
//   weights1, weights3: kernel 1 or 3, stride 1;  weights3_stride2: kernel 3, stride 2;  weights_any: any.
struct WeightGradientArgs {
    Place input, by_output, partial, result, in_lanes, counters;
    View view;
    int in_blocks, out_blocks, in_channels, out_channels;
    int in_height, in_width, height, width;
    int side, stride, border, padding;
    int chunks;
};
CONSTANT int WEIGHT_THREADS = 128;
// The pixels of a tile: rows and columns of the output.
CONSTANT int WEIGHT_ROWS = 8, WEIGHT_COLUMNS = 16;

// The way back of padding: gradient[y][x] (STORE) the sum of `padded` at all places of the padded picture (whose size is
// height + 2 border, width + 2 border) that repeat the sample at y, x. Grid: (pixels / THREADS up, blocks, 1); a thread
// does the 8 lanes of a pixel. Kernel: fold.
struct FoldArgs {
    Place padded, gradient;
    int blocks, height, width, border, padding, store;
};

// Puts the weights of all convolutions in the order that conv reads, forward and for the gradient by the input (there
// the roles of inputs and outputs are swapped and taps come in the opposite order). `table` has a row of PACK_COLUMNS
// uints for each convolution:
//   place of the parameter [o][i][dy][dx] (low, high half), place of the forward order (low, high), place of the backward
//   order (low, high), kernel, in_channels, out_channels, in_blocks, out_blocks, place of the lanes of the input: a table
//   from LOGICAL channel to physical one (low, high).
// Dead channels are 0 there before and are not written. Grid: (`parts`, convolutions, 1): each block does every
// `parts`-th run of THREADS weights. Kernel: pack.
struct PackArgs {
    Place table;
    int parts;
};
CONSTANT int PACK_COLUMNS = 13;

// result[o] = sum of by_output over all pixels for the first `channels` physical channels.
// partial: slabs * blocks * 8 f32s; counters: one for each block. Grid: (slabs, blocks of 8 channels, 1). Kernel: bias.
struct BiasGradientArgs {
    Place by_output, partial, result, counters;
    int channels, blocks, pixels, slabs;
};
// The pixels of a slab, here and in norms.
CONSTANT int SLAB_PIXELS = 2048;

// ---- norms (norm.h) ----

// Measures the mean and 1 / sqrt(variance + 1e-5) of each physical channel over all pixels, and writes statistics:
// [mean of all channels][inverse][factor = scale * inverse][offset = shift - mean * factor], each `blocks * 8` long.
// scale and shift are parameters by logical channel; for a dead channel they count as 0.
// partial: slabs * blocks * 8 * 2 f32s; counters: one for each block. Grid: (slabs, blocks, 1). Kernel: norm_measure.
struct NormArgs {
    Place samples, statistics, scale, shift, lanes, partial, counters;
    int blocks, pixels, slabs;
};

// First half of the way back of norm and leaky ReLU: multiplies the gradient by LEAKY_SLOPE in place where is_leaky and
// x * factor + offset <= 0, and sums it (g) and g * n with n = (x - mean) * inverse. Then by_shift = sum g and
// by_scale = sum g n go to the gradients of the parameters by logical channel, and to `coefficients`
// ([factor][slope][rest], each blocks * 8 long) slope = -factor inverse (sum g n) / pixels and
// rest = -factor (sum g) / pixels - slope mean. partial, counters, grid as above. Kernel: norm_back.
struct NormBackArgs {
    Place samples, statistics, gradient, by_scale, by_shift, lanes, coefficients, partial, counters;
    int blocks, pixels, slabs, is_leaky;
};

// Second half: gradient = gradient * factor + (x * slope + rest), in place. Grid: (pixels / THREADS up, blocks, 1), a
// thread does the 8 lanes of a pixel. Kernel: norm_spread.
struct NormSpreadArgs {
    Place samples, gradient, coefficients;
    int blocks, pixels;
};

// The way back of a leaky ReLU alone, in place: gradient *= LEAKY_SLOPE where the sample is not above 0.
// Grid: (length / THREADS up, 1, 1). Kernel: leaky_back.
struct LeakyArgs {
    Place samples, gradient;
    ulong64 length;
};

// ---- pictures sample by sample (copy.h, crop.h, mix.h, resample.h, sigmoid.h, planes.h) ----

// Stores what readers see. Grid: (pixels / THREADS up, blocks, 1), a thread does the 8 lanes. Kernel: copy_seen.
struct CopyArgs {
    Place input, output;
    View view;
    int blocks, pixels;
};

// output (STORE) weight * input. Grid: (length / THREADS up, 1, 1). Kernel: weigh.
struct WeighArgs {
    Place input, output;
    ulong64 length;
    float weight;
    int store;
};

// Copies channels to other physical ones: `sources` is a table of ints with a number for each physical channel of the
// output, the physical channel of the input or -1 for none (then 0 is stored, or with STORE_ADD nothing).
// Grid: (pixels / THREADS up, blocks, 1), blocks of the output; a thread does the 8 lanes. Kernel: relane.
struct RelaneArgs {
    Place input, output, sources;
    int blocks, pixels, store;
};

// crop: output[y][x] = input[top + y][left + x], grid over the pixels of the output.
// crop_back: by_input (STORE) by_output inside of the rectangle and 0 outside, grid over the pixels of the input.
// `whole` is the picture that is cut, `part` what is cut out. Grid: (pixels / THREADS up, blocks, 1), 8 lanes a thread.
struct CropArgs {
    Place whole, part;
    int blocks, whole_height, whole_width, height, width, top, left, store;
};

// output[to] (STORE) sum over `from` of weights[to][from] * input[from]; with is_transposed weights[from][to]. The table
// of weights has `columns` f32s a row and `rows` rows; channels beyond are 0. Channels are in order.
// Grid: (pixels / THREADS up, blocks of the output, 1), a thread does the 8 lanes. Kernel: mix.
struct MixArgs {
    Place input, output, weights;
    int rows, columns, is_transposed, in_blocks, out_blocks, pixels, store;
};

// A separable filter by sparse matrices: output[y][x] (STORE) sum over the entries (v, r) of row y of `rows` and (u, c)
// of row x of `columns` of r c in(v, u); sum over the columns last: first mix rows, then columns, as the CPU does.
// A matrix is a table: uints [start of each row, and the end of the last] at `offsets`, and at `entries` pairs (uint
// index, f32 weight). Grid: (pixels of the output * 2 / THREADS up, blocks, 1), a thread does 4 lanes. Kernel: resample.
struct SparseTable {
    Place offsets, entries;
};
struct ResampleArgs {
    Place input, output;
    View view;
    SparseTable rows, columns;
    int blocks, in_height, in_width, height, width, store;
};

// 1 / (1 + exp(-x)), by the very arithmetic of exec/cpu/ops/sigmoid.rs. Grid: (length / THREADS up, 1, 1).
// sigmoid: output from input;  sigmoid_back: by_input (STORE) by_output * s * (1 - s) for the output s.
struct SigmoidArgs {
    Place input, output;
    ulong64 length;
};
struct SigmoidBackArgs {
    Place output, by_output, by_input;
    ulong64 length;
    int store;
};

// block: blocked picture from planes [channel][pixel], dead channels 0; grid over pixels and blocks, 8 lanes a thread.
// unblock: planes from a blocked picture; the same grid (threads write the planes of the live lanes of their block).
struct PlanesArgs {
    Place planes, blocked, lanes;
    int blocks, pixels;
};

// ---- scalars (data_term.h, variation.h). A scalar lies in lane 0 of a block of 8; the other lanes are set to 0. ----

// output = sum of w (f - y)^2 over all `length` stored samples / samples. partial: `parts` f32s; grid: (parts, 1, 1): a
// block does every parts-th run of THREADS samples. Kernel: data_term.
struct DataTermArgs {
    Place predicted, degraded, weight, output, partial, counter;
    ulong64 length;
    float samples;
    int parts;
};
// gradient (STORE) (2 * by_term[0] / samples) * w * (f - y). Grid: (length / THREADS up, 1, 1). Kernel: data_term_back.
struct DataTermBackArgs {
    Place predicted, degraded, weight, by_term, gradient;
    ulong64 length;
    float samples;
    int store;
};

// Total variation, exec/cpu/ops/variation.rs. partial: blocks * height f32s; a block of threads does one row of one
// block of channels. Grid: (height, blocks, 1). Kernel: variation.
struct VariationArgs {
    Place input, output, partial, counter, lanes;
    int blocks, height, width;
};
// Grid: (pixels / THREADS up, blocks, 1), 8 lanes a thread; dead lanes give 0. Kernel: variation_back.
struct VariationBackArgs {
    Place input, by_term, gradient;
    int blocks, height, width, store;
};

// ---- draws (noise.h, hide.h); Philox keyed by (seed, job << 8 | stream), see src/rng.rs; bit for bit ----

// output = input + deviation * n, or + deviation * level * n; the draw n of a sample is that of its place in logical
// C, H, W order. With is_planes the input is planes [channel][pixel] instead of blocked; `lanes` are those of the
// output, dead channels become 0 (with a blocked input: keep what is there plus nothing). level is blocked as the output.
// Grid: (pixels / THREADS up, blocks, 1), 8 lanes a thread. Kernel: noise.
struct NoiseArgs {
    Place input, output, level, lanes;
    Control control;
    float deviation;
    uint seed, key;
    int is_planes, has_level, blocks, pixels;
};

// output = weight where uniform(pixel) >= share, else 0, in all channels. Grid as above. Kernel: hide_pixels.
struct HideArgs {
    Place weight, output;
    Control control;
    // Of hide_holes alone: HISTOGRAM_UINTS uints, 0 before and after, then the number of copies in use (one uint).
    Place histogram, counter, copies;
    float share;
    uint seed, key;
    int blocks, height, width;
};
// Copies of the weight's own holes, graph/hiding.rs: at most 32, until they hide `share` of what is known (channel 0 of
// the weight is not 0). hide_count: for each known pixel the first copy that hides it goes into the histogram (index 32:
// none; whole numbers added atomically), and the last block finds the number of copies, as exec/cpu/ops/hide.rs does,
// and sets the histogram back to 0. Grid: (pixels / THREADS up, 1, 1). hide_holes: writes the output. Grid: (pixels /
// THREADS up, blocks, 1).
CONSTANT int HISTOGRAM_UINTS = 33, MOST_COPIES = 32;

// ---- filling holes (fill.h), exec/cpu/ops/fill.rs ----

// fill_push: means and shares of the coarser grid (height and width are those of the finer one; the coarser has half,
// rounded up). Grid over the coarser grid's pixels. fill_pull: samples of the finer grid, in place, from the coarser
// means; grid over the finer grid's pixels. fill_mean: the coarsest grid, in place; grid (1, blocks, 1).
// Grid of the first two: (pixels / THREADS up, blocks, 1), 8 lanes a thread. Blocks of means and shares follow each
// other as those of any picture.
struct FillArgs {
    Place samples, weight, means, shares;
    int blocks, height, width;
};

// ---- what an iteration leaves behind (pictures.h, control.h) ----

// Takes a restored picture into the averages, exec/cpu/fitted.rs `see`: the pictures are planes. `counted_now` is
// blocked (lanes counted_lanes), where has_counted is 1. deviation (mean squared distance from `mean` before it moves,
// 0 where there are no pictures yet) goes to the scalars. A weight of 0 forgets the past even where that is not finite.
// partial: `parts` f32s; grid (parts, 1, 1): a block does every parts-th run of THREADS samples (logical C, H, W order).
// Kernel: see.
struct SeeArgs {
    Place restored, counted_now;
    // From LOGICAL channel to physical one.
    Place places, counted_places;
    Place latest, average, mean, counted, partial, counter;
    Control control;
    int has_counted, channels, pixels, parts;
};

// keep_scalars: after the way forward writes loss, data term and risk (NaN where has_risk is 0) to the row of scalars,
// and 1 (and 7 zeros) to by_loss. advance: at the end. Grid (1, 1, 1), 32 threads.
struct KeepArgs {
    Place loss, data_term, risk, by_loss;
    Control control;
    int has_risk;
};
struct AdvanceArgs {
    Control control;
};
CONSTANT int CONTROL_THREADS = 32;

// ---- updates (adam.h, muon.h), exec/rules.rs; rates come from the row of rates ----

// Adam: `table` has for each block a start and a length (two uints, at most THREADS * 4 samples), indices of parameters,
// gradients, first and second alike. Grid: (rows of the table, 1, 1). Kernel: adam.
struct AdamArgs {
    Place parameters, gradients, first, second, table;
    Control control;
};

// Muon: one block a matrix, as exec/cpu/kernels/muon.rs. `table` has MUON_COLUMNS uints for each matrix: start (among
// the parameters), rows, columns, and the place of its scratch memory (low, high half): 2 * rows * columns + 2 * short *
// short f32s. Any size must work; 32 x 288 must be quick. Grid: (matrices, 1, 1), MUON_THREADS threads. Kernel: muon.
struct MuonArgs {
    Place parameters, gradients, momentum, table;
    Control control;
};
CONSTANT int MUON_COLUMNS = 5;
CONSTANT int MUON_THREADS = 256;
