//! What becomes of code, case by case.

use super::frozen::Rows;
use super::{Callee, Frozen, Known, fold};
use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Address of the header, which is four words: 7, 8, 9, 10.
const HEADER: u64 = 1000;
/// Functions that are called: one that asks whether a number is 3, and one that no way leads to.
const IS_THREE: u32 = 1;
const ABSENT: u32 = 2;
/// A label, and its function.
const LABEL: u32 = 4;
const LABELLED: u32 = 3;

/// Two rows of three words, the first and the last of which are the same; the last two words are an array.
const ROWS: [u32; 6] = [5, 1, 6, 5, 2, 6];

fn word(offset: u64) -> MemArg {
    MemArg { offset, align: 2, memory_index: 0 }
}

/// What is left of a function from a number to a number, printed.
fn left_of(write: impl Fn(&mut Function)) -> String {
    let header: Vec<u8> = [7u32, 8, 9, 10].iter().flat_map(|word| word.to_le_bytes()).collect();
    let rows: Vec<u8> = ROWS.iter().flat_map(|word| word.to_le_bytes()).collect();
    let array = 4..12;
    let tables = vec![Rows::of(2000, &rows, 12, std::slice::from_ref(&array))];
    let frozen = Frozen { header_address: HEADER as u32, header: &header, tables };
    let mut is_three = Function::new([]);
    is_three.instructions().local_get(0).i32_const(3).i32_eq().if_(BlockType::Empty).i32_const(30).return_().end();
    is_three.instructions().i32_const(40).end();
    let is_three = is_three.into_raw_body();
    let callee = |function: u32| Callee {
        parameters: &[0x7f],
        result: Some(0x7f),
        in_line: (function == IS_THREE).then_some(&is_three[..]),
        is_absent: function == ABSENT,
    };
    let mut function = Function::new([(1, ValType::I32)]);
    write(&mut function);
    function.instructions().end();
    let body = function.into_raw_body();
    let labelled = |label: u32| (label == LABEL).then_some(LABELLED);
    let known = Known { frozen: &frozen, types: &[(&[0x7f], Some(0x7f))], callee: &callee, labelled: &labelled };
    printed(&fold(u32::MAX, &body, &[0x7f], &known).body)
}

fn printed(body: &[u8]) -> String {
    let (mut types, mut functions, mut memories, mut code) =
        (TypeSection::new(), FunctionSection::new(), MemorySection::new(), CodeSection::new());
    types.ty().function([ValType::I32], [ValType::I32]);
    functions.function(0);
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    code.raw(body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&code);
    let text = wasmprinter::print_bytes(module.finish()).expect("it is valid");
    // What is within the function, and nothing of what is around it.
    text.lines().filter_map(|line| line.strip_prefix("    ")).collect::<Vec<_>>().join("\n")
}

/// Reads a word of a row whose address is on the stack.
fn field(f: &mut Function, offset: u8) {
    f.raw([0x28, 2 | 1 << 2, offset]);
}

#[test]
fn what_is_read_of_the_header_is_a_number() {
    let left = left_of(|f| {
        f.instructions().i32_const(0).i32_load(word(HEADER + 4)).local_get(0).i32_add();
    });
    insta::assert_snapshot!(left, @"
    i32.const 8
    local.get 0
    i32.add
    ");
}

#[test]
fn a_field_that_is_the_same_in_all_rows_is_a_number() {
    let left = left_of(|f| {
        f.instructions().local_get(0);
        field(f, 0);
    });
    insta::assert_snapshot!(left, @"i32.const 5");
}

#[test]
fn a_field_of_a_row_that_is_known_is_a_number() {
    let left = left_of(|f| {
        f.instructions().i32_const(2000).i32_const(12).i32_add();
        field(f, 4);
    });
    insta::assert_snapshot!(left, @"i32.const 2");
}

#[test]
fn a_field_of_an_array_is_read() {
    let left = left_of(|f| {
        f.instructions().local_get(0);
        field(f, 8);
    });
    insta::assert_snapshot!(left, @"
    local.get 0
    i32.load offset=8
    ");
}

#[test]
fn of_a_branch_on_a_number_one_way_is_left() {
    let left = left_of(|f| {
        f.instructions().block(BlockType::Empty).local_get(0);
        field(f, 0);
        f.instructions().i32_const(5).i32_ne().br_if(0).i32_const(1).return_().end().i32_const(2);
    });
    insta::assert_snapshot!(left, @"
    block ;; label = @1
      i32.const 1
      return
    end
    unreachable
    ");
}

#[test]
fn ways_that_disagree_leave_a_local_unknown() {
    let left = left_of(|f| {
        f.instructions().i32_const(1).local_set(1).block(BlockType::Empty).local_get(0).br_if(0);
        f.instructions().i32_const(2).local_set(1).end().local_get(1);
    });
    insta::assert_snapshot!(left, @"
    (local i32)
    i32.const 1
    local.set 1
    block ;; label = @1
      local.get 0
      br_if 0 (;@1;)
      i32.const 2
      local.set 1
    end
    local.get 1
    ");
}

#[test]
fn a_loop_knows_nothing_of_what_it_sets() {
    let left = left_of(|f| {
        f.instructions().i32_const(1).local_set(1).loop_(BlockType::Empty).local_get(1).i32_const(1).i32_add();
        f.instructions().local_tee(1).i32_const(9).i32_lt_u().br_if(0).end().local_get(1);
    });
    insta::assert_snapshot!(left, @"
    (local i32)
    i32.const 1
    local.set 1
    loop ;; label = @1
      local.get 1
      i32.const 1
      i32.add
      local.tee 1
      i32.const 9
      i32.lt_u
      br_if 0 (;@1;)
    end
    local.get 1
    ");
}

#[test]
fn a_function_in_place_of_a_call_knows_what_it_is_called_with() {
    let left = left_of(|f| {
        f.instructions().i32_const(3).call(IS_THREE).local_get(0).call(IS_THREE).i32_add();
    });
    insta::assert_snapshot!(left, @"
    (local i32)
    block (result i32) ;; label = @1
      block ;; label = @2
        i32.const 30
        br 1 (;@1;)
      end
      unreachable
    end
    local.get 0
    local.set 1
    block (result i32) ;; label = @1
      local.get 1
      i32.const 3
      i32.eq
      if ;; label = @2
        i32.const 30
        br 1 (;@1;)
      end
      i32.const 40
    end
    i32.add
    ");
}

#[test]
fn a_call_of_a_label_that_is_known_is_one_of_its_function() {
    let left = left_of(|f| {
        f.instructions().local_get(0).i32_const(LABEL as i32).call_indirect(0, 0);
        f.instructions().local_get(0).call_indirect(0, 0);
    });
    insta::assert_snapshot!(left, @"
    local.get 0
    call 3
    local.get 0
    call_indirect (type 0)
    ");
}

#[test]
fn the_branch_around_a_call_that_never_happens_is_always_taken() {
    let left = left_of(|f| {
        f.instructions().block(BlockType::Empty).local_get(0).i32_eqz().br_if(0);
        f.instructions().local_get(0).call(ABSENT).drop().end().i32_const(7);
    });
    insta::assert_snapshot!(left, @"i32.const 7");
}
