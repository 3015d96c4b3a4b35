//! The canvas: what the jobs of a picture have restored so far, merged into one picture.

use super::Output;
use super::parts::Part;
use crate::error::Result;
use crate::pixels::{Picture, Region};

/// The pictures that a job shows at one moment. They have the size of the job's part in the result, and the fit's
/// channels.
pub(super) struct Moment {
    /// The part of the result that the pictures show.
    pub part: Part,
    pub result: Picture,
    pub average: Picture,
    pub latest: Picture,
}

impl Moment {
    fn picture(&self, output: Output) -> &Picture {
        match output {
            Output::Average => &self.average,
            Output::Latest => &self.latest,
            Output::Result | Output::Input => &self.result,
        }
    }
}

/// The results of finished jobs, merged over the input, and the moment of the current job.
#[derive(Default)]
pub(super) struct Canvas {
    done: Option<Picture>,
    moment: Option<Moment>,
}

impl Canvas {
    /// Whether no job has shown anything yet.
    pub fn is_empty(&self) -> bool {
        self.done.is_none() && self.moment.is_none()
    }

    /// The merged results of finished jobs; None before the first one.
    pub fn done(&self) -> Option<&Picture> {
        self.done.as_ref()
    }

    /// Takes up the merged results of finished jobs, as [`Canvas::done`] gave them.
    pub fn restore(&mut self, done: Picture) {
        self.done = Some(done);
    }

    /// The number of samples of all pictures that are kept here.
    pub fn samples(&self) -> usize {
        let moment = self.moment.iter().flat_map(|moment| [&moment.result, &moment.average, &moment.latest]);
        moment.chain(&self.done).map(|picture| picture.samples.len()).sum()
    }

    /// Replaces the moment of the current job.
    pub fn show(&mut self, moment: Option<Moment>) {
        self.moment = moment;
    }

    /// Merges the result of a job that has ended.
    ///
    /// # Errors
    /// `OutOfMemory`, at the first job.
    pub fn settle(&mut self, moment: Moment, input: &Picture) -> Result<()> {
        let mut done = self.done.take().map_or_else(|| input.try_clone(), Ok)?;
        paste(&mut done, Region::whole(input.size), &moment.part, &moment.result, input);
        self.done = Some(done);
        self.moment = None;
        Ok(())
    }

    /// Copies a rectangle of what there is; `input` is that rectangle of the input.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn read(&self, output: Output, region: Region, input: &Picture) -> Result<Picture> {
        if let (None, Some(moment)) = (&self.done, &self.moment)
            && moment.part == Part::alone(region)
        {
            return moment.picture(output).try_clone();
        }
        let mut picture = self.done.as_ref().map_or_else(|| input.try_clone(), |done| done.try_crop(region))?;
        if let Some(moment) = &self.moment {
            paste(&mut picture, region, &moment.part, moment.picture(output), input);
        }
        Ok(picture)
    }
}

/// Adds a part's difference from the input to a picture that shows `region`, as far as the part has a share in it:
/// shares add up to 1, so that at last nothing of the input is left. `input` shows the same region.
fn paste(onto: &mut Picture, region: Region, part: &Part, restored: &Picture, input: &Picture) {
    let Some(common) = region.intersection(part.area) else { return };
    let (width, own) = (region.size.width, part.area.size.width);
    for channel in 0..onto.channels {
        let (from, given) = (restored.plane(channel), input.plane(channel));
        let onto = onto.plane_mut(channel);
        for y in common.y..common.y + common.size.height {
            for x in common.x..common.x + common.size.width {
                let at = (y - region.y) * width + x - region.x;
                let x_restored = from[(y - part.area.y) * own + x - part.area.x];
                let share = part.share(x, y);
                onto[at] = if share == 1.0 { x_restored } else { onto[at] + share * (x_restored - given[at]) };
            }
        }
    }
}
