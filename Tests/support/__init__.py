"""What the tests in Python share, and the programs that tests in bash run with `python -m support.NAME`.

Modules of this package need the standard library alone. Import it with Tests in PYTHONPATH; pytest has it there.
"""
