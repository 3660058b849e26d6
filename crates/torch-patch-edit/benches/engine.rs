//! What the engine costs: a file the size of torch's largest patched one, and files of 100 MB.
//!
//! `compile` is what a patch costs before it has seen a file; the other numbers are per byte of the
//! file. The input is made here, after the shape of `distributed_c10d.py`: a third of it is
//! docstrings, and calls are wrapped.

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use torch_patch_edit::{Anchor, Edit, FilePatch, Scope, Verb, compose};

/// The size of torch's largest patched file.
const FILE: usize = 300_000;
/// The size of the largest file that is to be handled.
const LARGE: usize = 100_000_000;

/// Reports what is allocated at most, which is to be no more than 8 times the file.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The edits of one patch, checked.
#[divan::bench]
fn compile(bencher: Bencher<'_, '_>) {
    let edits = edits();
    bencher.bench(|| python_patch(&edits));
}

/// All that a run with nothing to do asks of the engine for one file.
#[divan::bench]
fn no_op(bencher: Bencher<'_, '_>) {
    let edits = edits();
    let pristine = python(FILE);
    let patched = python_patch(&edits)
        .apply(Some(&pristine))
        .expect("a match")
        .bytes;
    bencher.counter(BytesCount::new(patched.len())).bench(|| {
        let patch = python_patch(&edits);
        let found = patch.classify(Some(&patched));
        let wanted = compose(Some(&pristine), &[&patch]).expect("a match");
        assert_eq!(wanted.bytes, patched);
        found
    });
}

/// Telling what a Python file looks like.
#[divan::bench(args = [FILE, LARGE])]
fn classify_python(bencher: Bencher<'_, '_>, size: usize) {
    let (patch, file) = (python_patch(&edits()), python(size));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| patch.classify(Some(&file)));
}

/// Changing a Python file, with the syntax gate.
#[divan::bench(args = [FILE, LARGE])]
fn apply_python(bencher: Bencher<'_, '_>, size: usize) {
    let (patch, file) = (python_patch(&edits()), python(size));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| patch.apply(Some(&file)).expect("a match"));
}

/// Telling what a text file looks like.
#[divan::bench(args = [FILE, LARGE])]
fn classify_text(bencher: Bencher<'_, '_>, size: usize) {
    let (patch, file) = (text_patch(), text(size));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| patch.classify(Some(&file)));
}

/// Changing a text file.
#[divan::bench(args = [FILE, LARGE])]
fn apply_text(bencher: Bencher<'_, '_>, size: usize) {
    let (patch, file) = (text_patch(), text(size));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| patch.apply(Some(&file)).expect("a match"));
}

/// A patch of many edits: the time has to grow as their number does.
#[divan::bench(args = [10, 100, 1_000], sample_count = 10)]
fn many_edits(bencher: Bencher<'_, '_>, count: usize) {
    let edits: Vec<Edit> = (0..count)
        .map(|index| {
            Edit::new(Verb::InsertAfter {
                anchor: Anchor::Lines(format!("x_{index} = ...")),
                text: format!("y_{index} = 0"),
            })
        })
        .collect();
    let lines: Vec<String> = (0..1_000)
        .map(|index| format!("x_{index} = f({index})  # {}\n", "-".repeat(280)))
        .collect();
    let (file, patch) = (lines.concat(), python_patch(&edits));
    bencher
        .counter(BytesCount::new(file.len()))
        .bench(|| patch.apply(Some(file.as_bytes())).expect("a match"));
}

fn python_patch(edits: &[Edit]) -> FilePatch {
    FilePatch::compile("torch/distributed/distributed_c10d.py", edits).expect("valid edits")
}

fn edits() -> Vec<Edit> {
    let mut insert = Edit::new(Verb::InsertAfter {
        anchor: Anchor::Lines("prefix_store = PrefixStore(f\"{group_name}/\", store)".to_owned()),
        text: "\nif backend == Backend.NCCL:  # a marker\n    backend = Backend.GLOO\n".to_owned(),
    });
    insert.within = Some(Scope::Python("def _new_process_group_helper".to_owned()));
    insert.by_hand = vec!["backend = Backend.GLOO".to_owned()];
    let replace = Edit::new(Verb::Replace {
        range: Anchor::Lines("if get_backend(group) != Backend.NCCL:".to_owned()).into(),
        with: "if get_backend(group) != Backend.NCCL or not is_nccl_available():".to_owned(),
    });
    vec![insert, replace]
}

/// About `size` bytes of Python in which each anchor of [`edits`] stands once, in the middle.
fn python(size: usize) -> Vec<u8> {
    let mut source = String::with_capacity(size + 4_000);
    source.push_str("\"\"\"A module.\"\"\"\nimport os\n\n\n");
    let (mut index, mut has_anchors) = (0, false);
    while source.len() < size {
        if !has_anchors && source.len() > size / 2 {
            source.push_str(ANCHORS);
            has_anchors = true;
        }
        source.push_str(&FUNCTION.replace("NUMBER", &index.to_string()));
        index += 1;
    }
    source.into_bytes()
}

const ANCHORS: &str = r#"def _new_process_group_helper(group_size, backend, store, group_name):
    prefix_store = PrefixStore(f"{group_name}/", store)
    return prefix_store


def barrier(group=None):
    if get_backend(group) != Backend.NCCL:
        return None


"#;

const FUNCTION: &str = r#"@_exception_logger
def all_gather_into_tensor_NUMBER(output_tensor, input_tensor, group=None, async_op=False):
    """
    Gather tensors from all ranks and put them in a single output tensor.

    Args:
        output_tensor (Tensor): Output tensor to accommodate tensor elements
            from all ranks. It must be correctly sized in one of two forms.
        group (ProcessGroup, optional): The process group to work on. If None,
            the default process group will be used.

    Returns:
        Async work handle, if async_op is set to True.
    """
    _check_single_tensor(input_tensor, "input_tensor")
    if _rank_not_in_group(group):
        # The group does not have this rank.
        _warn_not_in_group("all_gather_into_tensor")
        return None

    output_tensor = (
        output_tensor
        if not output_tensor.is_complex()
        else torch.view_as_real(output_tensor)
    )
    opts = AllgatherOptions()
    opts.asyncOp = async_op
    key = f"{group_name}:{opts.asyncOp!r:>{width}}" + ', '.join(str(r) for r in ranks)
    work = group._allgather_base(output_tensor, input_tensor, opts, timeout=60 * 30)
    if async_op:
        return work
    elif work is not None and len(key) >= NUMBER:
        work.wait()


"#;

fn text_patch() -> FilePatch {
    let edit = Edit::new(Verb::Replace {
        range: Anchor::Lines("backend = nccl".to_owned()).into(),
        with: "backend = gloo".to_owned(),
    });
    FilePatch::compile("torch/settings.ini", &[edit]).expect("a valid edit")
}

/// About `size` bytes of text in which the anchor of [`text_patch`] stands once, in the middle.
fn text(size: usize) -> Vec<u8> {
    let line = b"some_key_or_other = a value that is as long as values are\n";
    let half = line.repeat(size / line.len() / 2);
    [half.as_slice(), b"backend = nccl\n", &half].concat()
}
