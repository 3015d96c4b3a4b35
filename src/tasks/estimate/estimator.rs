//! Which estimator the options ask for.

use crate::error::{Error, Result};
use crate::nets::SkipNet;
use crate::options::{Input, Measured, ResolvedOptions, Task};

/// How the network is fed and judged.
pub enum Estimator {
    /// The paper's fit, with a fixed input and all that is observed in the loss. Without a network the picture itself
    /// is fitted.
    Published(Option<SkipNet>),
    Recorrupted(SkipNet),
    Remasked(SkipNet),
}

impl Estimator {
    /// Chooses the estimator of resolved options.
    ///
    /// # Errors
    /// `InvalidArgument` for options that contradict each other.
    pub fn of(options: &ResolvedOptions, network: Option<SkipNet>, measured: &Measured) -> Result<Estimator> {
        let (recorruption, held_out) = (options.estimator.recorruption > 0.0, options.estimator.held_out > 0.0);
        if (recorruption || held_out) && network.is_none() {
            return Err(Error::invalid("recorruption and held_out do not go with scales 0"));
        }
        if held_out && !recorruption && measured.has_guide {
            return Err(Error::invalid("held_out goes with a guide only where recorruption does"));
        }
        match network {
            Some(network) if recorruption => {
                check_recorruption(options)?;
                Ok(Estimator::Recorrupted(network))
            }
            Some(network) if held_out => {
                check_remasking(options)?;
                Ok(Estimator::Remasked(network))
            }
            network => Ok(Estimator::Published(network)),
        }
    }
}

fn check_recorruption(options: &ResolvedOptions) -> Result<()> {
    if options.task != Task::Denoise || options.estimator.input != Input::Picture {
        return Err(Error::invalid("recorruption is for denoise with input picture"));
    }
    if options.noise_level.is_none() {
        return Err(Error::invalid("recorruption needs a noise_level, and none was found"));
    }
    let is_held_out = options.estimator.held_out > 0.0;
    if options.early_stop > 0 && !is_held_out {
        return Err(Error::invalid("early_stop with recorruption needs held_out above 0, which tells it when"));
    }
    Ok(())
}

fn check_remasking(options: &ResolvedOptions) -> Result<()> {
    if options.task == Task::SuperResolve {
        return Err(Error::invalid("held_out does not go with super-resolve"));
    }
    if options.estimator.input != Input::Picture {
        return Err(Error::invalid("held_out needs input picture"));
    }
    Ok(())
}
