//! The program of a fit: the launches of one iteration, which are the same at every iteration, and the tables that they
//! read. It is made from a plan without a card.

use super::arguments::{AdvanceArgs, KeepArgs, PackArgs, Place, SeeArgs};
use super::kernel::{ADVANCE, Arguments, KEEP_SCALARS, Kernel, Launch, PACK, SEE, THREADS};
use super::layout::Layout;
use super::steps::{self, StepBuilder};
use super::update;
use crate::exec::plan::{ArenaRange, Plan, SAMPLE_BYTES, ValueId};
use crate::exec::state::{PictureBuffer, Slot};
use crate::graph::{Graph, ParameterId};

/// The launches of an iteration, in order.
pub struct Program {
    pub layout: Layout,
    /// The tables, which lie at [`Layout::tables`].
    pub tables: Vec<u32>,
    /// Computes the loss and the gradients.
    pub pass: Vec<Launch>,
    /// Takes the picture into the averages, and updates the parameters.
    pub update: Vec<Launch>,
}

/// A program in the making.
pub(super) struct ProgramBuilder<'a> {
    pub graph: &'a Graph,
    pub plan: &'a Plan,
    pub layout: Layout,
    tables: Vec<u32>,
    launches: Vec<Launch>,
    /// The rows of the table of [`PACK`].
    packed: Vec<u32>,
}

/// The columns of the table of [`PACK`].
const PACK_COLUMNS: usize = 13;
/// The blocks that share the packing of one convolution's weights.
const PACK_PARTS: usize = 8;
/// The most blocks that share a sum over a picture.
pub(super) const MOST_PARTS: usize = 256;

impl Program {
    /// Makes the program of a plan of this graph.
    pub fn new(graph: &Graph, plan: &Plan) -> Program {
        let mut builder = ProgramBuilder {
            graph,
            plan,
            layout: Layout::new(graph, plan),
            tables: Vec::new(),
            launches: Vec::new(),
            packed: Vec::new(),
        };
        builder.forward();
        builder.back();
        let pass = std::mem::take(&mut builder.launches);
        builder.see();
        update::append(&mut builder);
        let control = builder.layout.control();
        builder.launch(&ADVANCE, [1, 1, 1], AdvanceArgs { control });
        let ProgramBuilder { layout, tables, launches, .. } = builder;
        Program { layout, tables, pass, update: launches }
    }

    /// The bytes of the block of memory.
    pub fn memory_bytes(&self) -> usize {
        SAMPLE_BYTES * (self.layout.tables + self.tables.len())
    }
}

impl<'a> ProgramBuilder<'a> {
    /// Appends a launch.
    pub fn launch<A: Arguments + 'static>(&mut self, kernel: &Kernel<A>, grid: [usize; 3], arguments: A) {
        self.launches.push(kernel.launch(grid, arguments));
    }

    /// Keeps a table of numbers for kernels, and gives its place.
    pub fn table(&mut self, words: impl IntoIterator<Item = u32>) -> Place {
        let place = self.layout.tables + self.tables.len();
        self.tables.extend(words);
        // Tables begin at multiples of 16 bytes.
        self.tables.resize(self.tables.len().next_multiple_of(4), 0);
        place as Place
    }

    /// Where the samples of a parameter lie.
    pub fn parameter(&self, id: ParameterId) -> Place {
        (self.layout.slot(Slot::Value).start + self.plan.parameters[id.0].start) as Place
    }

    /// Where the gradient of a parameter lies.
    pub fn gradient(&self, id: ParameterId) -> Place {
        (self.layout.gradients.start + self.plan.parameters[id.0].start) as Place
    }

    /// Where the counters of a launch lie.
    pub fn counters(&self) -> Place {
        self.layout.counters.start as Place
    }

    /// Has the weights of a convolution packed at the start of each pass; see `PackArgs` in `kernels/arguments.h`.
    pub fn pack(&mut self, weights: Place, orders: [Place; 2], numbers: [usize; 5], in_lanes: Place) {
        let places = [weights, orders[0], orders[1]];
        self.packed.extend(places.into_iter().flat_map(halves));
        self.packed.extend(numbers.map(|number| number as u32));
        self.packed.extend(halves(in_lanes));
    }

    fn forward(&mut self) {
        let plan = self.plan;
        for step in &plan.steps {
            let prepared = steps::prepare(&step.action);
            prepared.forward(&mut StepBuilder { program: self, plan, step });
        }
        if !self.packed.is_empty() {
            let convolutions = self.packed.len() / PACK_COLUMNS;
            let rows = std::mem::take(&mut self.packed);
            let table = self.table(rows);
            let pack = PACK.launch([PACK_PARTS, convolutions, 1], PackArgs { table, parts: PACK_PARTS as i32 });
            self.launches.insert(0, pack);
        }
        self.keep_scalars();
    }

    /// The scalars are kept now, since the way back reuses their memory.
    fn keep_scalars(&mut self) {
        let scalar = |id: ValueId| place(&self.plan.values[id.0].samples);
        let arguments = KeepArgs {
            loss: scalar(self.plan.loss),
            data_term: scalar(self.plan.data_term),
            risk: self.plan.risk.map_or(0, scalar),
            by_loss: place(&self.plan.values[self.plan.loss.0].gradient),
            control: self.layout.control(),
            has_risk: i32::from(self.plan.risk.is_some()),
        };
        self.launch(&KEEP_SCALARS, [1, 1, 1], arguments);
    }

    fn back(&mut self) {
        let plan = self.plan;
        for step in plan.steps.iter().rev().filter(|step| plan.runs_back(step)) {
            steps::prepare(&step.action).back(&mut StepBuilder { program: self, plan, step });
        }
    }

    fn see(&mut self) {
        let restored = &self.plan.values[self.plan.restored.0];
        let counted = self.plan.counted.map(|id| &self.plan.values[id.0]);
        let physical = |lanes: &[usize]| -> Vec<u32> { lanes.iter().map(|lane| *lane as u32).collect() };
        let places = self.table(physical(&restored.lanes));
        let counted_places = counted.map_or(0, |value| self.table(physical(&value.lanes)));
        let samples = restored.shape.samples();
        let picture = |picture: PictureBuffer| self.layout.picture(picture).start as Place;
        let parts = parts(samples);
        let arguments = SeeArgs {
            restored: place(&restored.samples),
            counted_now: counted.map_or(0, |value| place(&value.samples)),
            places,
            counted_places,
            latest: picture(PictureBuffer::Latest),
            average: picture(PictureBuffer::Average),
            mean: picture(PictureBuffer::Mean),
            counted: picture(PictureBuffer::Counted),
            partial: self.layout.parts.start as Place,
            counter: self.counters(),
            control: self.layout.control(),
            has_counted: i32::from(counted.is_some()),
            channels: restored.shape.channels as i32,
            pixels: restored.pixels() as i32,
            parts: parts as i32,
        };
        self.launch(&SEE, [parts, 1, 1], arguments);
    }
}

/// The blocks that share a sum over so many samples.
pub(super) fn parts(samples: usize) -> usize {
    samples.div_ceil(THREADS).min(MOST_PARTS)
}

/// The f32s at the start of a range of the arena.
pub(super) fn place(range: &ArenaRange) -> Place {
    (range.start / SAMPLE_BYTES) as Place
}

/// The low and the high half of a place.
pub(super) fn halves(place: Place) -> [u32; 2] {
    [place as u32, (place >> 32) as u32]
}
