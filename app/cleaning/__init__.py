"""Working copies: what a file says beside its content, taken away in a process that can reach nothing.

``room`` starts that process and talks with it over two pipes; ``inside`` is what runs there, after
``shut`` has taken from it everything but reading, writing and memory. The rest knows the kinds of file.
``scanner`` asks the office's virus scanner about an original and about its copy.
"""
