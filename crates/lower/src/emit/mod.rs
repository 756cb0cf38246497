//! Plan → module: one self-contained `.wasm`.
//!
//! Before: a plan.
//! After: kernel functions that the topology can reach, the generated functions of its labels, its
//! rows as data, and `sysdl.meta`. The module imports nothing. Equal plans give equal bytes.
//!
//! While functions are made they call each other by where they stand, those of the kernel first; at the end those that are
//! reached get numbers without gaps ([`assembly`]).

mod alike;
mod assembly;
mod code;
mod draws;
mod features;
mod flights;
mod fold;
mod kernel;
mod labels;
mod lanes;
mod memory;
mod template;

pub use labels::Labels;
pub use memory::{Extent, Pool, TooLarge, bytes_in_flight};

use crate::flights::{Flights, Leaves};
use crate::meta::Meta;
use crate::passes::Passes;
use crate::plan::Plan;
use assembly::Assembly;
use code::Emitter;
use flights::{FlightEmitter, Records};
use lanes::Lanes;
use memory::Image;
use std::borrow::Cow;
use template::Names;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// What every module exports, besides its memory.
const EXPORTS: [&str; 7] =
    ["sysdl_init", "sysdl_run", "sysdl_now", "sysdl_set", "sysdl_columns", "sysdl_records", "sysdl_digest"];

/// A linked module.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The `.wasm`.
    pub bytes: Vec<u8>,
    /// Functions generated for this topology.
    pub labels: usize,
    /// What of traffic is resolved ahead of time, and what is not.
    pub ahead: Ahead,
    /// Kernel functions linked, and left out.
    pub kernel_functions: (usize, usize),
    /// Bytes of rows.
    pub row_bytes: usize,
    /// Memory in pages of 64 KiB, touched as it is needed.
    pub pages: u64,
    /// What most of it is for, in words.
    pub mostly: &'static str,
    /// Where state lies of which most is never used: what a copy of a running module may leave out.
    pub extents: Vec<Extent>,
}

/// What of traffic is resolved ahead of time.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// Sources whose requests are, as far as nothing stands in the way.
    pub sources: Vec<AheadOf>,
    /// What stands in the way: the name of a component, an edge, a step or a source, and why.
    pub obstacles: Vec<(String, &'static str)>,
}

/// How requests of a source are resolved ahead of time.
#[derive(Clone, Debug)]
pub struct AheadOf {
    /// Name of the source.
    pub source: String,
    /// At how many points the order of events matters.
    pub points: usize,
    /// Through how many of these a request goes straight when it is created.
    pub straight: usize,
    /// How many ways lead to an end.
    pub ways: usize,
}

impl Ahead {
    fn of(plan: &Plan, resolved: &Resolved) -> Self {
        let flights = resolved.flights.flights.iter().zip(&resolved.straight);
        let sources = flights.map(|(flight, straight)| AheadOf {
            source: plan.sources.name[flight.source as usize].clone(),
            points: flight.points.len() - 1,
            straight: straight.len(),
            ways: flight.leaves.len(),
        });
        Self { sources: sources.collect(), obstacles: resolved.flights.obstacles.clone() }
    }
}

/// Emits the module of a plan.
///
/// # Errors
/// If its state does not fit into 4 GiB.
pub fn emit(plan: &Plan, meta: Meta) -> Result<Emitted, TooLarge> {
    emit_with(plan, meta, Passes::ALL)
}

/// Emits the module of a plan by some passes only.
pub(crate) fn emit_with(plan: &Plan, meta: Meta, passes: Passes) -> Result<Emitted, TooLarge> {
    let ahead = Resolved::of(plan, passes);
    let labels = Labels::find(plan, passes.in_line, ahead.flights.entered());
    let image = memory::lay_out(plan, &labels, &ahead, template::HEAP_ADDRESS)?;
    let kernel = Names::new();
    let generated = generate(plan, &labels, &image, &ahead, &kernel, passes);
    let unused = features::unused(plan, ahead.flights.any());
    let mut bodies = kernel::linked(&image, &generated, &unused, &kernel, passes);
    let shared = kernel::shared(&mut bodies, &generated, passes);
    let assembly = Assembly::of(bodies, &generated, shared, &kernel);

    let mut module = Module::new();
    module.section(&types(&assembly));
    module.section(&functions(&assembly));
    module.section(&memory_section(image.pages));
    module.section(&stack_pointer());
    module.section(&exports(&assembly));
    module.section(&code_section(&assembly));
    module.section(&data(&image, passes.fold));
    let meta = meta.into_json(image.pages);
    module.section(&CustomSection { name: Cow::Borrowed("sysdl.meta"), data: Cow::Borrowed(meta.as_bytes()) });

    Ok(Emitted {
        bytes: module.finish(),
        labels: labels.ops().len(),
        ahead: Ahead::of(plan, &ahead),
        kernel_functions: (assembly.of_kernel, template::functions().len() - assembly.of_kernel),
        row_bytes: image.bytes.len(),
        pages: image.pages,
        mostly: image.mostly,
        extents: image.extents,
    })
}

/// What is resolved ahead of time, and where it is kept.
pub(super) struct Resolved {
    flights: Flights,
    leaves: Leaves,
    records: Records,
    lanes: Lanes,
    /// By flight: the points that its requests go straight through.
    straight: Vec<Vec<usize>>,
}

impl Resolved {
    fn of(plan: &Plan, passes: Passes) -> Self {
        let flights = if passes.ahead { Flights::of(plan) } else { Flights::default() };
        let (leaves, records) = (Leaves::of(plan, &flights), Records::of(&flights));
        let lanes = Lanes::of(plan, &flights);
        let straight = flights::straight(plan, &flights, &lanes);
        Self { flights, leaves, records, lanes, straight }
    }

    /// Label where the flight of a source's requests begins.
    fn entry(&self, source: u32, labels: &Labels, tables: bool) -> Option<u32> {
        let flight = self.flights.of_source(source)?;
        Some(first_of_flights(labels, tables) + flights::entry(&self.flights, flight))
    }

    /// How its requests go straight through their first points: the label where they do, the lane in which they would wait
    /// otherwise, and how long behind a request's creation the last of these points lies.
    fn straight(&self, source: u32, labels: &Labels, tables: bool) -> Option<(u32, u32, u64)> {
        let flight = self.flights.of_source(source)?;
        let label = flights::straight_entry(&self.flights, &self.straight, flight)?;
        let points = &self.flights.flights[flight].points;
        let last = &points[*self.straight[flight].last()?];
        let behind_ns = last.at.constant - points[0].at.constant;
        Some((first_of_flights(labels, tables) + label, self.lanes.of_flight(flight)?, behind_ns))
    }

    /// The time from the creation of any request of a source to its first point, in a lane; 0 if it differs.
    fn shift_ns(&self, source: u32) -> u64 {
        let flight = self.flights.of_source(source).filter(|&flight| self.lanes.of_flight(flight).is_some());
        flight.and_then(|flight| self.flights.flights[flight].shift_ns()).unwrap_or(0)
    }
}

/// Label of the first function of flights, behind those of operations and tables.
fn first_of_flights(labels: &Labels, tables: bool) -> u32 {
    labels.ops().len() as u32 + u32::from(tables)
}

/// A function that is generated, by which operations, flights and the kernel go on: its number is a label.
struct Generated {
    kind: LabelKind,
    body: Vec<u8>,
}

impl Generated {
    fn new(kind: LabelKind, function: Function) -> Self {
        Self { kind, body: function.into_raw_body() }
    }
}

/// What the function of a label is for.
#[derive(Clone, Copy, PartialEq)]
enum LabelKind {
    /// A strand goes on, or a flight.
    GoesOn,
    /// A flight becomes strands.
    Lands,
    /// A request may go straight: takes its record, its key, and when it was created, and returns whether it does.
    GoesStraight,
}

impl LabelKind {
    /// Index of its type, behind those of the kernel.
    fn type_index(self) -> u32 {
        template::TYPES_COUNT + u32::from(self == Self::GoesStraight)
    }

    /// Codes of what it takes, and of what it returns.
    fn signature(self) -> (&'static [u8], Option<u8>) {
        match self {
            Self::GoesOn | Self::Lands => (&[0x7f], None),
            Self::GoesStraight => (&[0x7f, 0x7e, 0x7e], Some(0x7f)),
        }
    }
}

/// The types of all functions, by index.
fn signatures() -> impl Iterator<Item = (&'static [u8], Option<u8>)> {
    template::types().chain([LabelKind::GoesOn, LabelKind::GoesStraight].map(LabelKind::signature))
}

/// The functions of all labels, by their numbers.
fn generate(
    plan: &Plan,
    labels: &Labels,
    image: &Image,
    ahead: &Resolved,
    kernel: &Names,
    passes: Passes,
) -> Vec<Generated> {
    let first_label = template::functions().len() as u32;
    let folds = passes.fold;
    let emitter = Emitter { plan, labels, image, kernel, first_label, folds };
    let goes_on = |function| Generated::new(LabelKind::GoesOn, function);
    let mut all: Vec<_> = labels.ops().iter().map(|&op| goes_on(emitter.label_function(op))).collect();
    if !image.fills.is_empty() {
        all.push(goes_on(emitter.tables_function()));
    }
    let fliers = FlightEmitter {
        plan,
        labels,
        image,
        kernel,
        flights: &ahead.flights,
        leaves: &ahead.leaves,
        records: &ahead.records,
        lanes: &ahead.lanes,
        straight: &ahead.straight,
        first: all.len() as u32,
        first_label,
    };
    fliers.write_functions(&mut all);
    all
}

fn types(assembly: &Assembly) -> TypeSection {
    let mut section = TypeSection::new();
    for (parameters, result) in &assembly.types {
        section.ty().function(parameters.iter().map(value_type), result.iter().map(value_type));
    }
    section
}

fn value_type(code: &u8) -> ValType {
    match code {
        0x7f => ValType::I32,
        0x7e => ValType::I64,
        0x7d => ValType::F32,
        _ => ValType::F64,
    }
}

fn functions(assembly: &Assembly) -> FunctionSection {
    let mut section = FunctionSection::new();
    for (ty, _) in &assembly.functions {
        section.function(*ty);
    }
    section
}

fn memory_section(pages: u64) -> MemorySection {
    let mut section = MemorySection::new();
    section.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    section
}

fn stack_pointer() -> GlobalSection {
    let mut section = GlobalSection::new();
    section.global(
        GlobalType { val_type: ValType::I32, mutable: true, shared: false },
        &ConstExpr::i32_const(template::STACK_POINTER),
    );
    section
}

fn exports(assembly: &Assembly) -> ExportSection {
    let mut section = ExportSection::new();
    section.export("memory", ExportKind::Memory, 0);
    for (name, function) in assembly.exports {
        section.export(name, ExportKind::Func, function);
    }
    section
}

fn code_section(assembly: &Assembly) -> CodeSection {
    let mut section = CodeSection::new();
    for (_, body) in &assembly.functions {
        section.raw(body);
    }
    section
}

/// The kernel's own data, the header over its place, and the rows.
fn data(image: &Image, folds: bool) -> DataSection {
    let mut section = DataSection::new();
    for (address, bytes) in template::segments() {
        section.active(0, &ConstExpr::i32_const(address), bytes.iter().copied());
    }
    let header = image.header_bytes().iter().copied();
    section.active(0, &ConstExpr::i32_const(template::HEADER_ADDRESS as i32), header);
    let rows = if folds { apart(&image.bytes) } else { vec![(0, image.bytes.as_slice())] };
    for (at, bytes) in rows {
        section.active(0, &ConstExpr::i32_const((image.address as usize + at) as i32), bytes.iter().copied());
    }
    section
}

/// Zeros that are worth another segment: what it costs, and as much again.
const ZEROS_WORTH_SKIPPING: usize = 24;
/// Most segments that rows are cut into. Hosts bound them at a hundred thousand.
const SEGMENTS_MAX: usize = 20_000;

/// What is not zero, and where it lies: memory is zero at first, and rows mostly are.
fn apart(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some(skip) = bytes[at..].iter().position(|&byte| byte != 0) {
        let first = at + skip;
        let mut end = first;
        let mut zeros = 0;
        while end + zeros < bytes.len() && zeros < ZEROS_WORTH_SKIPPING {
            if bytes[end + zeros] == 0 {
                zeros += 1;
            } else {
                (end, zeros) = (end + zeros + 1, 0);
            }
        }
        segments.push((first, &bytes[first..end]));
        at = end;
    }
    if segments.len() > SEGMENTS_MAX { vec![(0, bytes)] } else { segments }
}
