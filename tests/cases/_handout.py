import numpy as np
# DO NOT FORGET TO SPECIFY THE SAME SEED
np.random.seed(12345)

def initialize(input_dim, hidden_dim, output_dim, batch_size):
    W1 = np.random.randn(hidden_dim, input_dim) * 0.01
    b1 = np.zeros((hidden_dim,))
    W2 = np.random.randn(hidden_dim, hidden_dim) * 0.01
    b2 = np.zeros((hidden_dim,))
    W3 = np.random.randn(output_dim, hidden_dim) * 0.01
    b3 = np.zeros((output_dim,))
    # list of all network parameters
    parameters = [W1, b1, W2, b2, W3, b3]
    # minibatch of input instances
    x = np.random.rand(input_dim, batch_size)
    # ground truths
    y = np.random.randn(output_dim, batch_size)
    return parameters, x, y

# initialize parameters, inputs and targets
parameters, x, y = initialize(3, 4, 2, 5)
