//! The layout of a plan's arena, its one block of memory: buffers that are needed at different times share a place.

use std::ops::Range;

/// Finds places in the arena for blocks, so that blocks that are needed at different times share memory. Blocks are
/// taken and given back in the order of the plan. Until [`ArenaPlanner::settle`] a range only names its block; then
/// [`ArenaPlanner::place`] turns it into the place where the block lies.
#[derive(Default)]
pub(super) struct ArenaPlanner {
    blocks: Vec<Block>,
    /// The number of blocks taken and given back so far, which orders their lives.
    clock: usize,
    /// The bytes of all blocks so far, as if none shared memory.
    taken: usize,
}

struct Block {
    /// Where the block would begin if none shared memory, which is what its ranges are named by.
    start: usize,
    length: usize,
    born: usize,
    died: usize,
    /// Where the block begins in the arena.
    place: usize,
}

/// The bytes of a cache line, at the start of which places begin.
const ALIGNMENT: usize = 64;

impl ArenaPlanner {
    /// Takes a block of so many bytes, and gives the range that names it.
    pub fn take(&mut self, bytes: usize) -> Range<usize> {
        if bytes == 0 {
            return 0..0;
        }
        let (start, length) = (self.taken, bytes.next_multiple_of(ALIGNMENT));
        self.clock += 1;
        self.taken += length;
        self.blocks.push(Block { start, length, born: self.clock, died: usize::MAX, place: 0 });
        start..start + bytes
    }

    /// Ends the life of the block that a range lies in.
    pub fn give_back(&mut self, range: &Range<usize>) {
        self.clock += 1;
        let clock = self.clock;
        if let Some(block) = self.block(range) {
            block.died = clock;
        }
    }

    /// The block that a range lies in; none for an empty range.
    fn block(&mut self, range: &Range<usize>) -> Option<&mut Block> {
        let at = self.blocks.partition_point(|block| block.start <= range.start);
        if range.is_empty() { None } else { self.blocks.get_mut(at.checked_sub(1)?) }
    }

    /// Gives every block its place and returns the bytes of the arena. Blocks are placed the largest first, by size
    /// times life first, or the longest-lived first, whichever takes least.
    pub fn settle(&mut self) -> usize {
        let by_length = |block: &Block| block.length;
        let by_area = |block: &Block| block.length.saturating_mul(block.died - block.born);
        let by_death = |block: &Block| block.died;
        let orders: [&dyn Fn(&Block) -> usize; 3] = [&by_length, &by_area, &by_death];
        let layouts = orders.map(|importance| self.layout(importance));
        let end = |places: &Vec<usize>| {
            self.blocks.iter().zip(places).map(|(block, place)| block.length + place).max().unwrap_or(0)
        };
        let best = layouts.iter().min_by_key(|places| end(places)).map_or(&layouts[0], |places| places);
        let bytes = end(best);
        self.blocks.iter_mut().zip(best).for_each(|(block, place)| block.place = *place);
        bytes
    }

    /// Finds a place for each block: the most important blocks first, each as low as the blocks that live at the same
    /// time allow.
    fn layout(&self, importance: &dyn Fn(&Block) -> usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.blocks.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(importance(&self.blocks[*index])));
        let mut places = vec![0; self.blocks.len()];
        for (settled, index) in order.iter().enumerate() {
            let block = &self.blocks[*index];
            let meets = |i: &&usize| self.blocks[**i].born < block.died && block.born < self.blocks[**i].died;
            let mut taken: Vec<Range<usize>> = order[..settled]
                .iter()
                .filter(meets)
                .map(|i| places[*i]..places[*i] + self.blocks[*i].length)
                .collect();
            taken.sort_by_key(|range| range.start);
            let mut place = 0;
            for range in taken {
                if place + block.length <= range.start {
                    break;
                }
                place = place.max(range.end);
            }
            places[*index] = place;
        }
        places
    }

    /// Replaces a range by the place where it lies, once all blocks have settled.
    pub fn place(&mut self, range: &mut Range<usize>) {
        let start = range.start;
        if let Some(block) = self.block(range) {
            let place = block.place + start - block.start;
            *range = place..place + range.len();
        }
    }
}
