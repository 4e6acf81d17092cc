//! Every reader on files whose bytes were changed: an error that names the file, or rows, and never a panic.

use std::path::Path;

use autoencoder_core::{ExampleShape, Seed, Source as _};
use autoencoder_datasets::{
    Axes, Column, Columns, Guess, Heading, Listener, Matrix, Missing, read_labels, read_rows, scan,
    write_pictures, write_rows,
};
use rand::Rng;

/// How many changed files of each kind are read.
const CASES: u64 = 400;

/// Files of every kind that is read, by their endings.
fn originals(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let values: Vec<f32> = (0..60).map(|value| (value as f32 * 0.618).sin()).collect();
    let rows = Matrix::new(ExampleShape::Flat(3), values);
    let columns = ["a", "b", "c"].map(Column::number);
    let mut files = Vec::new();
    for ending in ["csv", "npy", "parquet"] {
        let path = folder.join(format!("x.{ending}"));
        write_rows(&path, &rows, Axes::Rows, &columns, Heading::Names).expect("written");
        files.push((ending.to_owned(), std::fs::read(&path).expect("read")));
    }
    let words = "id;kind;when;size\n1;red;2024-05-01;1,5\n2;\"blue \"\"x\"\"\";;2,5\n3;red;NA;-\n";
    files.push(("csv".to_owned(), words.into()));
    files.push(("txt".to_owned(), b"1.0  2.0 3.0\n4.0 5.0  6.0\n7 8 9\n".to_vec()));
    let image =
        Matrix::from_bytes(ExampleShape::Image { channels: 1, height: 4, width: 4 }, (0..16).collect());
    write_pictures(folder, &image, &["p.png".into()], false).expect("written");
    files.push(("png".to_owned(), std::fs::read(folder.join("p.png")).expect("read")));
    let header = br#"{"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;
    let mut tensors = (header.len() as u64).to_le_bytes().to_vec();
    tensors.extend(header);
    tensors.extend([0; 24]);
    files.push(("safetensors".to_owned(), tensors));
    files
}

/// The bytes with some of them flipped, cut, left out, doubled, or replaced by such as lengths are made of.
fn changed(bytes: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    const MARKS: &[u8] = b"0123456789{}[]()'\",;\n\0-e.";
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + rng.next_u32() % 3 {
        if bytes.is_empty() {
            break;
        }
        let at = rng.next_u32() as usize % bytes.len();
        let end = (at + 1 + rng.next_u32() as usize % 16).min(bytes.len());
        match rng.next_u32() % 7 {
            0 => bytes[at] ^= 1 << (rng.next_u32() % 8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes[at..end].fill(0xff),
            5 => bytes[at..end].fill(0),
            _ => bytes[at] = MARKS[rng.next_u32() as usize % MARKS.len()],
        }
    }
    bytes
}

#[test]
fn the_greatest_number_is_followed_by_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.csv");
    std::fs::write(&path, ",a\n18446744073709551615,1\n0,2\n1,3\n").expect("written");
    let scan = scan(&path, &Listener::nobody()).expect("read").expect("a text");
    assert_ne!(scan.columns[0].kind, Guess::Index);
}

#[test]
fn changed_files_are_refused_or_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let originals = originals(folder.path());
    for (number, (ending, bytes)) in originals.iter().enumerate() {
        for case in 0..CASES {
            let mut rng = Seed::new(7).at(number as u64).at(case).rng();
            let place = tempfile::tempdir().expect("a folder");
            let path = place.path().join(format!("x.{ending}"));
            std::fs::write(&path, changed(bytes, &mut rng)).expect("written");
            let path = if ending == "png" { place.path() } else { &path };
            for missing in [Missing::Refuse, Missing::Indicator] {
                let wanted = Columns { missing, ..Columns::default() };
                match read_rows(path, wanted, &Listener::nobody()) {
                    Ok(rows) => {
                        let width = rows.matrix.shape().features();
                        let mut values = vec![0.0; width];
                        assert!(!rows.matrix.is_empty(), "{ending} {case}");
                        rows.matrix.rows(&[rows.matrix.len() - 1], &mut values).expect("a row");
                        let told = rows.columns.iter().flatten().map(Column::features).sum::<usize>();
                        assert!(rows.columns.is_none() || told == width, "{ending} {case}");
                    }
                    Err(error) => {
                        let error = error.to_string();
                        let is_named = error.contains(&place.path().display().to_string());
                        assert!(is_named, "{ending} {case}: {error}");
                    }
                }
            }
            let _ = read_labels(path, None, &Listener::nobody());
            let _ = scan(path, &Listener::nobody());
        }
    }
}
