"""Trains gensim's skip-gram on one thread and prints its seconds and its right answers, as JSON.

Arguments: the text, a JSON file of pairs by relation, epochs, the power of the noise distribution.
"""
import json
import sys
import time

from gensim import __version__
from gensim.models import Word2Vec

text, questions, epochs, power = sys.argv[1], json.load(open(sys.argv[2])), int(sys.argv[3]), float(sys.argv[4])
sentences = [line.split() for line in open(text)]
began, used = time.perf_counter(), time.process_time()
options = dict(vector_size=100, window=5, min_count=5, workers=1, sg=1, hs=0, negative=5, sample=1e-3, seed=0)
model = Word2Vec(sentences, alpha=0.025, min_alpha=1e-4, ns_exponent=power, epochs=epochs, **options)
seconds, processor = time.perf_counter() - began, time.process_time() - used
right = {"3cosadd": 0, "3cosmul": 0}
asked = 0
for pairs in questions.values():
    for a, b in pairs:
        for c, d in pairs:
            if len({a, b, c, d}) < 4:
                continue
            asked += 1
            given = dict(positive=[b, c], negative=[a], topn=1)
            right["3cosadd"] += model.wv.most_similar(**given)[0][0] == d
            right["3cosmul"] += model.wv.most_similar_cosmul(**given)[0][0] == d
print(json.dumps(dict(version=__version__, seconds=seconds, processor=processor, asked=asked, right=right)))
