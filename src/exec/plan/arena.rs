//! The one block of memory of a plan: which parts of it may share a place, since they are needed at different times.

use std::ops::Range;

/// Finds places for blocks so that what is needed at different times shares memory. Blocks are taken and
/// given back in the order of the plan; while that goes on, ranges are unique but not yet places.
#[derive(Default)]
pub(super) struct ArenaPlanner {
    blocks: Vec<Block>,
    /// Counts what was taken and given back.
    clock: usize,
    /// Bytes of all blocks.
    taken: usize,
}

struct Block {
    /// Among all blocks ever taken.
    start: usize,
    length: usize,
    born: usize,
    died: usize,
    /// In the arena.
    place: usize,
}

/// Bytes of a cache line: places start on one.
const ALIGNMENT: usize = 64;

impl ArenaPlanner {
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

    /// Gives every block its place, the largest or the longest-lived first, whichever takes less. Returns the
    /// bytes of the arena.
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

    /// A place for each block: the most important first, each as low as those that live at the same time let it.
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

    /// Where a range lies, once all have settled.
    pub fn place(&mut self, range: &mut Range<usize>) {
        let start = range.start;
        if let Some(block) = self.block(range) {
            let place = block.place + start - block.start;
            *range = place..place + range.len();
        }
    }
}
