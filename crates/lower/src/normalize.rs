//! Model → model: without what nothing can ask for.
//!
//! Before: every endpoint that a kind of the library or the user declared.
//! After: endpoints that no traffic and no step reaches do nothing, and those behind the last one that is reached are gone.
//! Ids of the others stay. So the library can grow an endpoint without changing the fingerprint, or the size, of a
//! system that does not use it.

use crate::model::{Call, Endpoint, EndpointId, Model, Step};

/// The model without endpoints that nothing reaches.
#[must_use]
pub fn normalize(model: &Model) -> Model {
    let mut reached: Vec<Vec<bool>> = model.components.iter().map(|c| vec![false; c.endpoints.len()]).collect();
    let mut open: Vec<EndpointId> = model.sources.iter().flat_map(|s| &s.mix).map(|(_, call)| call.endpoint).collect();
    while let Some(EndpointId { component, index }) = open.pop() {
        if std::mem::replace(&mut reached[component.0 as usize][index as usize], true) {
            continue;
        }
        let endpoint = &model.components[component.0 as usize].endpoints[index as usize];
        calls(&endpoint.steps, &mut |call| open.push(call.endpoint));
    }
    let mut model = model.clone();
    for (component, reached) in model.components.iter_mut().zip(&reached) {
        component.endpoints.truncate(reached.iter().rposition(|&reached| reached).map_or(0, |last| last + 1));
        for (endpoint, _) in component.endpoints.iter_mut().zip(reached).filter(|(_, reached)| !**reached) {
            *endpoint = Endpoint { name: std::mem::take(&mut endpoint.name), ..Endpoint::default() };
        }
    }
    model
}

/// Every call that some steps make or hand over.
fn calls(steps: &[Step], found: &mut dyn FnMut(&Call)) {
    for step in steps {
        match step {
            Step::Call(call) | Step::Send(call) => found(call),
            Step::Append(append) => found(&append.call),
            Step::Put { call, .. } => call.iter().for_each(&mut *found),
            Step::Lookup { call, miss, .. } => {
                call.iter().for_each(&mut *found);
                calls(miss, found);
            }
            Step::Parallel { branches, .. } => branches.iter().for_each(|branch| calls(branch, found)),
            Step::With { then, otherwise, .. } => {
                calls(then, found);
                calls(otherwise, found);
            }
            Step::Try { body, otherwise, .. } => {
                calls(body, found);
                calls(otherwise, found);
            }
            Step::Loop { body, .. } | Step::Background(body) => calls(body, found),
            Step::OfClass { then, .. } => calls(then, found),
            Step::Work(_)
            | Step::WorkBySize(_)
            | Step::ReadCache(_)
            | Step::TurnAway(_)
            | Step::Use(_)
            | Step::Admit { .. }
            | Step::Room { .. }
            | Step::Pause(_)
            | Step::Fail(_)
            | Step::Reply => {}
        }
    }
}
