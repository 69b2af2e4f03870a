//! What is done to files by their names.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, FileTypeExt};

use super::given::{
    Kinds, Spot, alone, done, failed_at, flag_or, folder, given, name_value, number_or, path_of,
    plain, plain_path, spot, two_paths,
};
use crate::native::function;
use crate::value::{T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop, files, system};

pub static FUNCTIONS: &[Def] = &[
    function("fspath(path)", "The path as str or bytes.", |cx, args| {
        let value = cx.arg(args, 0).value();
        plain_path(cx, value)
    }),
    function("fsencode(filename)", "A file's name as the system's bytes.", |cx, args| {
        let given = given(cx, args, 0)?;
        Ok(Value::object(cx.bytes(given.path.as_os_str().as_bytes())))
    }),
    function("fsdecode(filename)", "A file's name as str.", |cx, args| {
        let given = given(cx, args, 0)?;
        Ok(name_value(cx, given.path.into_os_string(), false))
    }),
    function("getcwd()", "The working folder.", |cx, _| {
        let path = plain(cx, std::env::current_dir())?;
        Ok(name_value(cx, path.into_os_string(), false))
    }),
    function("chdir(path)", "Changes the working folder.", |cx, args| {
        match spot(cx, args, 0, "chdir: path", Kinds::OrOpen)? {
            Spot::Open(fd, value) => failed_at(cx, files::enter(fd), value)?,
            Spot::Path(given) => {
                failed_at(cx, std::env::set_current_dir(&given.path), given.value)?;
            }
        }
        Ok(Value::NONE)
    }),
    function("fchdir(fd)", "Makes an open folder the working one.", |cx, args| {
        let fd = super::descriptor(cx, args)?;
        plain(cx, files::enter(fd)).map(|()| Value::NONE)
    }),
    function("listdir(path=None)", "The names in a folder.", |cx, args| {
        let (found, bytes) = entries(cx, args, "listdir: path")?;
        let names = found.flatten().map(|entry| name_value(cx, entry.file_name(), bytes));
        Ok(Value::object(cx.list(names.collect())))
    }),
    function("_scan(path=None, /)", "Names in a folder, what each is, and its number.", scan),
    function("mkdir(path, mode=0o777, *, dir_fd=None)", "Makes a folder.", |cx, args| {
        let (mode, dir) = (number_or(cx, args, 1, 0o777)?, folder(cx, args, 2)?);
        let given = path_of(cx, args, 0, "mkdir: path")?;
        done(cx, files::make_folder(dir, &given.path, mode as u32), &given)
    }),
    function(
        "mkfifo(path, mode=0o666, *, dir_fd=None)",
        "Makes a pipe with a name.",
        |cx, args| {
            let (mode, dir) = (number_or(cx, args, 1, 0o666)?, folder(cx, args, 2)?);
            let given = path_of(cx, args, 0, "mkfifo: path")?;
            let mode = mode as u32 & 0o7777 | libc::S_IFIFO;
            plain(cx, files::make_node(dir, &given.path, mode, 0)).map(|()| Value::NONE)
        },
    ),
    function(
        "mknod(path, mode=0o600, device=0, *, dir_fd=None)",
        "Makes a special file.",
        |cx, args| {
            let (mode, device) = (number_or(cx, args, 1, 0o600)?, number_or(cx, args, 2, 0)?);
            let dir = folder(cx, args, 3)?;
            let given = path_of(cx, args, 0, "mknod: path")?;
            let made = files::make_node(dir, &given.path, mode as u32, device as u64);
            plain(cx, made).map(|()| Value::NONE)
        },
    ),
    function("rmdir(path, *, dir_fd=None)", "Removes an empty folder.", |cx, args| {
        let dir = folder(cx, args, 1)?;
        let given = path_of(cx, args, 0, "rmdir: path")?;
        done(cx, files::remove(dir, &given.path, true), &given)
    }),
    function("unlink(path, *, dir_fd=None)", "Removes a file.", |cx, args| {
        let dir = folder(cx, args, 1)?;
        let given = path_of(cx, args, 0, "unlink: path")?;
        done(cx, files::remove(dir, &given.path, false), &given)
    }),
    function("remove(path, *, dir_fd=None)", "Removes a file.", |cx, args| {
        let dir = folder(cx, args, 1)?;
        let given = path_of(cx, args, 0, "remove: path")?;
        done(cx, files::remove(dir, &given.path, false), &given)
    }),
    function(
        "rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        "Gives a file another name.",
        |cx, args| {
            let (from, to) = (folder(cx, args, 2)?, folder(cx, args, 3)?);
            two_paths(cx, args, ["rename: src", "rename: dst"], |old, new| {
                files::rename(from, old, to, new)
            })
        },
    ),
    function(
        "replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        "Gives a file another name, in the place of what had it.",
        |cx, args| {
            let (from, to) = (folder(cx, args, 2)?, folder(cx, args, 3)?);
            two_paths(cx, args, ["replace: src", "replace: dst"], |old, new| {
                files::rename(from, old, to, new)
            })
        },
    ),
    function(
        "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
        "Gives a file a second name.",
        |cx, args| {
            let (from, to) = (folder(cx, args, 2)?, folder(cx, args, 3)?);
            // Without the argument the system decides, and this one does not follow links.
            let follow = flag_or(cx, args, 4, false)?;
            two_paths(cx, args, ["link: src", "link: dst"], |old, new| {
                files::link(from, old, to, new, follow)
            })
        },
    ),
    function(
        "symlink(src, dst, target_is_directory=False, *, dir_fd=None)",
        "Makes a symbolic link.",
        |cx, args| {
            let dir = folder(cx, args, 3)?;
            two_paths(cx, args, ["symlink: src", "symlink: dst"], |target, path| {
                files::symlink(target, dir, path)
            })
        },
    ),
    function("readlink(path, *, dir_fd=None)", "Where a symbolic link leads.", |cx, args| {
        let dir = folder(cx, args, 1)?;
        let given = path_of(cx, args, 0, "readlink: path")?;
        let path = failed_at(cx, files::read_link(dir, &given.path), given.value)?;
        Ok(name_value(cx, path.into_os_string(), given.bytes))
    }),
    function("_stat(path, follow=True, dir_fd=None, /)", "What is known of a file.", |cx, args| {
        let (follow, dir) = (flag_or(cx, args, 1, true)?, folder(cx, args, 2)?);
        match spot(cx, args, 0, "stat: path", Kinds::OrOpen)? {
            Spot::Open(fd, value) => {
                alone(cx, "stat", dir, true)?;
                let found = failed_at(cx, files::stat_open(fd), value)?;
                Ok(stat_value(cx, &found))
            }
            Spot::Path(given) => {
                let found = files::stat(dir, &given.path, follow);
                let found = failed_at(cx, found, given.value)?;
                Ok(stat_value(cx, &found))
            }
        }
    }),
    function("_lstat(path, dir_fd=None, /)", "What is known of a file or link.", |cx, args| {
        let dir = folder(cx, args, 1)?;
        let given = path_of(cx, args, 0, "lstat: path")?;
        let found = failed_at(cx, files::stat(dir, &given.path, false), given.value)?;
        Ok(stat_value(cx, &found))
    }),
    function("_fstat(fd, /)", "What is known of an open file.", |cx, args| {
        let fd = super::descriptor(cx, args)?;
        let found = plain(cx, files::stat_open(fd))?;
        Ok(stat_value(cx, &found))
    }),
    function(
        "chmod(path, mode, *, dir_fd=None, follow_symlinks=True)",
        "Changes who may do what.",
        |cx, args| {
            let mode = cx.index_i64(cx.arg(args, 1).value())? as u32;
            let (dir, follow) = (folder(cx, args, 2)?, flag_or(cx, args, 3, true)?);
            match spot(cx, args, 0, "chmod: path", Kinds::OrOpen)? {
                Spot::Open(fd, value) => {
                    alone(cx, "chmod", dir, follow)?;
                    failed_at(cx, files::change_mode_open(fd, mode), value)?;
                    Ok(Value::NONE)
                }
                Spot::Path(given) => {
                    let changed = files::change_mode(dir, &given.path, mode, follow);
                    if changed.as_ref().is_err_and(|e| e.raw_os_error() == Some(libc::EOPNOTSUPP))
                        && !follow
                    {
                        let text = "chmod: follow_symlinks unavailable on this platform";
                        return Err(cx.error(T::NotImplementedError, text));
                    }
                    done(cx, changed, &given)
                }
            }
        },
    ),
    function("fchmod(fd, mode)", "Changes who may do what with an open file.", |cx, args| {
        let mode = cx.index_i64(cx.arg(args, 1).value())? as u32;
        let fd = super::descriptor(cx, args)?;
        plain(cx, files::change_mode_open(fd, mode)).map(|()| Value::NONE)
    }),
    function(
        "chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)",
        "Changes whose a file is.",
        |cx, args| {
            let who = owners(cx, args)?;
            let (dir, follow) = (folder(cx, args, 3)?, flag_or(cx, args, 4, true)?);
            match spot(cx, args, 0, "chown: path", Kinds::OrOpen)? {
                Spot::Open(fd, value) => {
                    alone(cx, "chown", dir, follow)?;
                    failed_at(cx, files::change_owner_open(fd, who), value)?;
                    Ok(Value::NONE)
                }
                Spot::Path(given) => {
                    done(cx, files::change_owner(dir, &given.path, who, follow), &given)
                }
            }
        },
    ),
    function("lchown(path, uid, gid)", "Changes whose a file or link is.", |cx, args| {
        let who = owners(cx, args)?;
        let given = path_of(cx, args, 0, "lchown: path")?;
        done(cx, files::change_owner(files::HERE, &given.path, who, false), &given)
    }),
    function("fchown(fd, uid, gid)", "Changes whose an open file is.", |cx, args| {
        let who = owners(cx, args)?;
        let fd = super::descriptor(cx, args)?;
        plain(cx, files::change_owner_open(fd, who)).map(|()| Value::NONE)
    }),
    function(
        "_utime(path, accessed, modified, dir_fd, follow, /)",
        "Changes when it was used and written: nanoseconds, or now.",
        |cx, args| {
            let (dir, follow) = (folder(cx, args, 3)?, flag_or(cx, args, 4, true)?);
            let times = [cx.arg(args, 1).value(), cx.arg(args, 2).value()];
            let times = if times[0].is_none() {
                None
            } else {
                Some([cx.index_i64(times[0])?, cx.index_i64(times[1])?])
            };
            match spot(cx, args, 0, "utime: path", Kinds::OrOpen)? {
                Spot::Open(fd, value) => {
                    alone(cx, "utime", dir, follow)?;
                    failed_at(cx, files::change_times_open(fd, times), value)?;
                    Ok(Value::NONE)
                }
                Spot::Path(given) => {
                    done(cx, files::change_times(dir, &given.path, times, follow), &given)
                }
            }
        },
    ),
    function(
        "access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
        "May this process do that?",
        |cx, args| {
            let mode = cx.index_i64(cx.arg(args, 1).value())? as i32;
            let dir = folder(cx, args, 2)?;
            let effective = if flag_or(cx, args, 3, false)? { libc::AT_EACCESS } else { 0 };
            let link = if flag_or(cx, args, 4, true)? { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
            let given = path_of(cx, args, 0, "access: path")?;
            Ok(Value::bool(files::may(dir, &given.path, mode, effective | link).is_ok()))
        },
    ),
    function("truncate(path, length)", "Cuts a file to a length.", |cx, args| {
        let length = cx.index_i64(cx.arg(args, 1).value())?;
        let cut = |file: &fs::File| match u64::try_from(length) {
            Ok(length) => file.set_len(length),
            Err(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        };
        match spot(cx, args, 0, "truncate: path", Kinds::OrOpen)? {
            Spot::Open(fd, value) => {
                failed_at(cx, system::with_file(fd, cut), value).map(|()| Value::NONE)
            }
            Spot::Path(given) => {
                let file = fs::OpenOptions::new().write(true).open(&given.path);
                done(cx, file.and_then(|file| cut(&file)), &given)
            }
        }
    }),
    function(
        "_realpath(path, /)",
        "The path without links, or None if it is nowhere.",
        |cx, args| {
            let given = given(cx, args, 0)?;
            Ok(match fs::canonicalize(&given.path) {
                Ok(path) => name_value(cx, path.into_os_string(), given.bytes),
                Err(_) => Value::NONE,
            })
        },
    ),
    function(
        "open(path, flags, mode=0o777, *, dir_fd=None)",
        "Opens a file; its descriptor.",
        |cx, args| {
            let flags = cx.index_i64(cx.arg(args, 1).value())?;
            let (mode, dir) = (number_or(cx, args, 2, 0o777)?, folder(cx, args, 3)?);
            let given = path_of(cx, args, 0, "open: path")?;
            let (flags, mode) = (flags as i32, mode as u32);
            // A pipe waits for its other end, unless it is told not to.
            let is_pipe = flags & libc::O_NONBLOCK == 0
                && files::stat(dir, &given.path, true)
                    .is_ok_and(|found| found.st_mode & libc::S_IFMT == libc::S_IFIFO);
            let made = if is_pipe {
                let path = given.path.clone();
                cx.offload("sloop-opener", move || files::open(dir, &path, flags, mode))?
            } else {
                files::open(dir, &given.path, flags, mode)
            };
            Ok(Value::int(failed_at(cx, made, given.value)?.into()))
        },
    ),
    function("_statvfs(path, /)", "Room and names of what a file is on.", |cx, args| {
        let (found, value) = match spot(cx, args, 0, "statvfs: path", Kinds::OrOpen)? {
            Spot::Path(given) => (files::file_system(&given.path), given.value),
            Spot::Open(fd, value) => {
                (files::file_system(format!("/proc/self/fd/{fd}").as_ref()), value)
            }
        };
        let all = failed_at(cx, found, value)?.map(|number| cx.int(number as i64));
        Ok(Value::object(cx.tuple(&all)))
    }),
];

/// A user's and a group's number: -1 leaves it as it is.
fn owners(cx: &mut Cx, args: Args) -> Result<[u32; 2], Stop> {
    let mut who = [0; 2];
    for (i, (place, name)) in who.iter_mut().zip(["uid", "gid"]).enumerate() {
        *place = super::id_of(cx, cx.arg(args, 1 + i).value(), name)?;
    }
    Ok(who)
}

/// The entries of a folder, and whether their names are bytes.
fn entries(cx: &mut Cx, args: Args, who: &str) -> Result<(fs::ReadDir, bool), Stop> {
    match spot(cx, args, 0, who, Kinds::OrOpenOrNone)? {
        Spot::Path(given) => {
            Ok((failed_at(cx, fs::read_dir(&given.path), given.value)?, given.bytes))
        }
        Spot::Open(fd, value) => {
            let found = system::with_file(fd, |file| {
                fs::read_dir(format!("/proc/self/fd/{}", file.as_raw_fd()))
            });
            let known = !found.as_ref().is_err_and(|e| e.raw_os_error() == Some(libc::EBADF));
            let found = if known { failed_at(cx, found, value) } else { plain(cx, found) };
            Ok((found?, false))
        }
    }
}

fn scan(cx: &mut Cx, args: Args) -> Flow {
    let (found, bytes) = entries(cx, args, "scandir: path")?;
    let rows = found.flatten().map(|entry| {
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => 1,
            Ok(kind) if kind.is_file() => 2,
            Ok(kind) if kind.is_symlink() => 3,
            Ok(kind) if kind.is_fifo() || kind.is_socket() => 4,
            _ => 0,
        };
        let inode = cx.int(entry.ino() as i64);
        let name = name_value(cx, entry.file_name(), bytes);
        Value::object(cx.tuple(&[name, Value::int(kind), inode]))
    });
    Ok(Value::object(cx.list(rows.collect())))
}

/// The numbers of `os.stat_result`, then the times in nanoseconds and the blocks.
fn stat_value(cx: &Cx, found: &libc::stat) -> Value {
    let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
    let all = [
        found.st_mode.into(),
        found.st_ino as i64,
        found.st_dev as i64,
        found.st_nlink as i64,
        found.st_uid.into(),
        found.st_gid.into(),
        found.st_size,
        found.st_atime,
        found.st_mtime,
        found.st_ctime,
        nanos(found.st_atime, found.st_atime_nsec),
        nanos(found.st_mtime, found.st_mtime_nsec),
        nanos(found.st_ctime, found.st_ctime_nsec),
        found.st_blksize,
        found.st_blocks,
        found.st_rdev as i64,
    ];
    Value::object(cx.tuple(&all.map(|number| cx.int(number))))
}
