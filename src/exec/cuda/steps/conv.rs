//! The step of a convolution. Its kernels apply padding and view while they load, so the input is never copied; the
//! gradient by the input is a convolution of the gradient by the output, over the padded picture, and is folded then.

use super::{CudaStep, LANES, StepBuilder, pixel_grid, seen, store};
use crate::exec::cuda::arguments::{BiasGradientArgs, ConvArgs, FoldArgs, Place, SeenArgs, WeightGradientArgs};
use crate::exec::cuda::kernel::*;
use crate::exec::cuda::program::place;
use crate::exec::plan::{Convolution, Needs, SAMPLE_BYTES, Store, Value};
use crate::graph::Padding;

/// A convolution between two values of a plan.
pub(super) struct ConvStep(pub Convolution);

/// The outputs of a group, which a block of threads computes together.
const GROUP: usize = 32;
/// The blocks of threads that keep a large card busy: two for each of its multiprocessors. It is a constant, since the
/// order of sums must not depend on the card.
const BUSY_BLOCKS: usize = 264;
/// The most blocks that share the sum of one gradient.
const MOST_CHUNKS: usize = 64;
/// Rows and columns of the tile of pixels over which the gradient by the weights is summed at a time.
const WEIGHT_TILE: [usize; 2] = [8, 16];
/// The columns of a convolution's tile.
const CONV_COLUMNS: usize = 32;
/// The pixels of a slab, over which a block of threads sums.
pub(super) const SLAB_PIXELS: usize = 2048;

impl ConvStep {
    /// How far the kernel reaches to each side.
    fn border(&self) -> usize {
        (self.0.kernel - 1) / 2
    }

    fn taps(&self) -> usize {
        self.0.kernel * self.0.kernel
    }

    fn padding(&self) -> i32 {
        match self.0.padding {
            Padding::Zero => 0,
            Padding::Reflection => 1,
        }
    }

    /// The f32s of the packed weights from so many blocks to so many.
    fn packed_len(&self, in_blocks: usize, out_blocks: usize) -> usize {
        groups(out_blocks) * in_blocks * self.taps() * LANES * GROUP
    }

    /// The blocks of threads that share the gradient of each block of inputs and group of outputs.
    fn chunks(&self, from: &Value, to: &Value) -> usize {
        let tiles: usize = to.size().into_iter().zip(WEIGHT_TILE).map(|(side, tile)| side.div_ceil(tile)).product();
        let wanted = BUSY_BLOCKS.div_ceil(from.blocks * groups(to.blocks));
        tiles.min(wanted).min(MOST_CHUNKS)
    }

    /// Height and width of the padded input.
    fn padded(&self, from: &Value) -> [usize; 2] {
        from.size().map(|side| side + 2 * self.border())
    }

    fn weight_sums(&self, from: &Value, to: &Value) -> usize {
        self.chunks(from, to) * from.blocks * groups(to.blocks) * self.taps() * LANES * GROUP
    }
}

impl CudaStep for ConvStep {
    fn needs(&self, from: &Value, to: &Value) -> Needs {
        let packed = self.packed_len(from.blocks, to.blocks) + self.packed_len(to.blocks, from.blocks);
        let [height, width] = self.padded(from);
        let padded = from.channels() * height * width;
        let bias_sums = to.pixels().div_ceil(SLAB_PIXELS) * to.channels();
        let scratch = padded.max(self.weight_sums(from, to)).max(bias_sums);
        Needs { packed: SAMPLE_BYTES * packed, scratch: SAMPLE_BYTES * scratch, ..Needs::default() }
    }

    fn counters(&self, from: &Value, to: &Value) -> usize {
        (from.blocks * self.taps() * groups(to.blocks)).max(to.blocks)
    }

    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let Convolution { bias, is_bias_cancelled, kernel, stride, .. } = self.0;
        self.pack(builder);
        let [in_height, in_width] = from.size();
        let [height, width] = to.size();
        let arguments = ConvArgs {
            input: place(&from.samples),
            output: place(&to.samples),
            weights: place(&builder.step.packed),
            bias: builder.program.parameter(bias),
            view: seen(from),
            in_blocks: from.blocks as i32,
            out_blocks: to.blocks as i32,
            in_height: in_height as i32,
            in_width: in_width as i32,
            height: height as i32,
            width: width as i32,
            side: kernel as i32,
            stride: stride as i32,
            dilation: 1,
            border: self.border() as i32,
            padding: self.padding(),
            // A norm takes the bias away again.
            bias_channels: if is_bias_cancelled { 0 } else { to.shape.channels as i32 },
            store: store(Store::Overwrite),
        };
        launch_conv(builder, arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        if builder.from().needs_gradient {
            self.by_input(builder);
        }
        self.by_weights(builder);
        self.by_bias(builder);
    }
}

impl ConvStep {
    /// Has the weights put in the orders that both directions read.
    fn pack(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let weights = builder.program.parameter(self.0.weight);
        let in_lanes = builder.program.table(from.lanes.iter().map(|lane| *lane as u32));
        let numbers = [self.0.kernel, from.shape.channels, to.shape.channels, from.blocks, to.blocks];
        let orders = [place(&builder.step.packed), self.backward_order(builder)];
        builder.program.pack(weights, orders, numbers, in_lanes);
    }

    fn backward_order(&self, builder: &StepBuilder) -> Place {
        let forward = self.packed_len(builder.from().blocks, builder.to().blocks);
        place(&builder.step.packed) + forward as Place
    }

    fn by_input(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        // A kernel of 1x1 needs no padding, so nothing has to be folded.
        let is_folded = self.0.kernel > 1;
        let [in_height, in_width] = to.size();
        let [height, width] = self.padded(from);
        let arguments = ConvArgs {
            input: place(&to.gradient),
            output: if is_folded { builder.scratch() } else { place(&from.gradient) },
            weights: self.backward_order(builder),
            bias: 0,
            view: SeenArgs::default(),
            in_blocks: to.blocks as i32,
            out_blocks: from.blocks as i32,
            in_height: in_height as i32,
            in_width: in_width as i32,
            height: height as i32,
            width: width as i32,
            side: self.0.kernel as i32,
            stride: 1,
            dilation: self.0.stride as i32,
            border: self.0.kernel as i32 - 1,
            padding: 0,
            bias_channels: 0,
            store: if is_folded { store(Store::Overwrite) } else { builder.store() },
        };
        launch_conv(builder, arguments);
        if is_folded {
            self.fold(builder);
        }
    }

    fn fold(&self, builder: &mut StepBuilder) {
        let from = builder.from();
        let arguments = FoldArgs {
            padded: builder.scratch(),
            gradient: place(&from.gradient),
            blocks: from.blocks as i32,
            height: from.shape.height as i32,
            width: from.shape.width as i32,
            border: self.border() as i32,
            padding: self.padding(),
            store: builder.store(),
        };
        builder.launch(&FOLD, pixel_grid(from.pixels(), from.blocks), arguments);
    }

    fn by_weights(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let [in_height, in_width] = from.size();
        let [height, width] = to.size();
        let chunks = self.chunks(from, to);
        let arguments = WeightGradientArgs {
            input: place(&from.samples),
            by_output: place(&to.gradient),
            partial: builder.scratch(),
            result: builder.program.gradient(self.0.weight),
            in_lanes: builder.lanes(from),
            counters: builder.program.counters(),
            view: seen(from),
            in_blocks: from.blocks as i32,
            out_blocks: to.blocks as i32,
            in_channels: from.shape.channels as i32,
            out_channels: to.shape.channels as i32,
            in_height: in_height as i32,
            in_width: in_width as i32,
            height: height as i32,
            width: width as i32,
            side: self.0.kernel as i32,
            stride: self.0.stride as i32,
            border: self.border() as i32,
            padding: self.padding(),
            chunks: chunks as i32,
        };
        let (kernel, rows) = match (self.0.kernel, self.0.stride) {
            (1, 1) => (&WEIGHTS1, from.blocks),
            (3, 1) => (&WEIGHTS3, from.blocks),
            (3, 2) => (&WEIGHTS3_STRIDE2, from.blocks),
            _ => (&WEIGHTS_ANY, from.blocks * self.taps()),
        };
        builder.launch(kernel, [chunks, rows, groups(to.blocks)], arguments);
    }

    /// The gradient of a bias that a norm cancels stays 0, as it is from the start.
    fn by_bias(&self, builder: &mut StepBuilder) {
        if self.0.is_bias_cancelled {
            return;
        }
        let to = builder.to();
        let slabs = to.pixels().div_ceil(SLAB_PIXELS);
        let arguments = BiasGradientArgs {
            by_output: place(&to.gradient),
            partial: builder.scratch(),
            result: builder.program.gradient(self.0.bias),
            counters: builder.program.counters(),
            channels: to.shape.channels as i32,
            blocks: to.blocks as i32,
            pixels: to.pixels() as i32,
            slabs: slabs as i32,
        };
        builder.launch(&BIAS, [slabs, to.blocks, 1], arguments);
    }
}

/// The groups of outputs that so many blocks of channels make.
fn groups(blocks: usize) -> usize {
    (blocks * LANES).div_ceil(GROUP)
}

/// Launches the kernel that is made for a convolution's side and stride. Small pictures take flat tiles, so that there
/// are enough of them to keep a card busy.
fn launch_conv(builder: &mut StepBuilder, arguments: ConvArgs) {
    let [height, width] = [arguments.height as usize, arguments.width as usize];
    let groups = groups(arguments.out_blocks as usize);
    let tiles = |rows: usize| [width.div_ceil(CONV_COLUMNS), height.div_ceil(rows), groups];
    let is_large = tiles(TALL_ROWS).iter().product::<usize>() >= BUSY_BLOCKS;
    let (kernel, rows) = match (arguments.side, arguments.stride) {
        (1, 1) if is_large => (&CONV1_TALL, TALL_ROWS),
        (1, 1) => (&CONV1_FLAT, FLAT_ROWS),
        (3, 1) if is_large => (&CONV3_TALL, TALL_ROWS),
        (3, 1) => (&CONV3_FLAT, FLAT_ROWS),
        (3, 2) => (&CONV3_STRIDE2, OTHER_ROWS),
        _ => (&CONV_ANY, OTHER_ROWS),
    };
    builder.launch(kernel, tiles(rows), arguments);
}

/// The rows of a convolution's tile: of large pictures, of small ones, and of other kernels than 1x1 and 3x3.
const TALL_ROWS: usize = 8;
const FLAT_ROWS: usize = 2;
const OTHER_ROWS: usize = 4;
