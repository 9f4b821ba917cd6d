"""unpack_tensorflow.py FOLDER DEPS: takes TensorFlow's C library and its headers out of the wheel in FOLDER, laid out in DEPS as
tfjs-node looks for them.
"""

import pathlib
import shutil
import sys
import zipfile

folder, deps = map(pathlib.Path, sys.argv[1:])
wheel = next(folder.glob("*.whl"))
libraries = {"libtensorflow_cc": "libtensorflow", "libtensorflow_framework": "libtensorflow_framework"}
(deps / "lib").mkdir(parents=True, exist_ok=True)


def unpack(archive, name, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, open(target, "wb") as copy:
        shutil.copyfileobj(source, copy)


with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        path = pathlib.PurePosixPath(name)
        if name.startswith("tensorflow/include/") and not name.endswith("/"):
            unpack(archive, name, deps.joinpath(*path.parts[1:]))
        elif path.parent.name == "tensorflow" and path.name.split(".")[0] in libraries:
            unpack(archive, name, deps / "lib" / path.name)
            # Compiled against by this name, found at run time by its own.
            link = deps / "lib" / f"{libraries[path.name.split('.')[0]]}.so"
            link.unlink(missing_ok=True)
            link.symlink_to(path.name)
